namespace Baton.Linux.Http;

/// <summary>A server that does not give what is asked of it; trying again would not help.</summary>
public sealed class HttpFailure(string message, Exception? cause = null) : IOException(message, cause);
