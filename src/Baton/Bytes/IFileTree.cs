namespace Baton.Bytes;

/// <summary>
/// Files by path: the running system, a directory, or a machine record (tar). Paths are relative to the root and have
/// no leading slash: <c>proc/iomem</c>.
/// </summary>
public interface IFileTree
{
    /// <summary>What the tree is, for errors: <c>/</c>, or the record's file name.</summary>
    string Name { get; }

    /// <summary>Reads a file; absence and refusal are ordinary answers.</summary>
    TreeFile Read(string path);

    /// <summary>The names in a directory, sorted ordinally; empty when it is absent or cannot be read.</summary>
    IReadOnlyList<string> List(string path);
}
