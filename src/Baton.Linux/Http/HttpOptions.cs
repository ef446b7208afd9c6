namespace Baton.Linux.Http;

/// <summary>How a server is talked to.</summary>
public sealed record HttpOptions
{
    /// <summary>A file of certificates (PEM) that are trusted in place of the system's; null for the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>The longest that a connection or a piece of data may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often in a row a download that broke is resumed without a byte having come.</summary>
    public int Tries { get; init; } = 5;

    /// <summary>
    /// Whether the whole is compared with a digest: then it is read without knowing its length, and resumed where the server
    /// tells nothing by which another state of the file could be noticed.
    /// </summary>
    public bool IsDigested { get; init; }

    /// <summary>The wait before the first of them; it doubles with each.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);
}
