namespace Baton.Tests.Linux;

/// <summary>
/// Tests in which this process ignores signals, or sends itself some that it catches. They run one by one: what is ignored is so
/// for all of the process.
/// </summary>
[CollectionDefinition(nameof(SignalTests), DisableParallelization = true)]
public sealed class SignalTests;
