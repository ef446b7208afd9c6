using System.Text;

namespace Baton.Bytes;

/// <summary>What came of reading a file of a tree.</summary>
public enum TreeFileState
{
    /// <summary>There is no such file.</summary>
    Absent,

    /// <summary>It was read.</summary>
    Present,

    /// <summary>It is there, but may not be read (not root, or locked down).</summary>
    Denied,
}

/// <summary>A file of a tree: its bytes, or why there are none.</summary>
public readonly record struct TreeFile(TreeFileState State, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>There is no such file.</summary>
    public static TreeFile Absent => new(TreeFileState.Absent, default);

    /// <summary>The file is there, but may not be read.</summary>
    public static TreeFile Denied => new(TreeFileState.Denied, default);

    /// <summary>Whether the bytes are there.</summary>
    public bool IsPresent => State == TreeFileState.Present;

    /// <summary>The file as text, or null when it was not read. Bytes that are not UTF-8 become U+FFFD.</summary>
    public string? Text => IsPresent ? Encoding.UTF8.GetString(Bytes.Span) : null;

    /// <summary>The file as text without the final newline, or null: what most files of sysfs hold.</summary>
    public string? Line => Text?.TrimEnd('\n', '\0', ' ');
}
