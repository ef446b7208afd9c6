namespace Baton.Bytes;

/// <summary>How much a file tree gives at most, so that a hostile record cannot fill memory.</summary>
public static class FileLimits
{
    /// <summary>Bytes of one file.</summary>
    public const int FileBytes = 16 << 20;

    /// <summary>Bytes of all files of a record.</summary>
    public const int TotalBytes = 128 << 20;

    /// <summary>Files of a record.</summary>
    public const int Files = 65_536;

    /// <summary>Characters of a file's path; Linux itself takes no more than as many bytes (PATH_MAX).</summary>
    public const int PathLength = 4096;
}
