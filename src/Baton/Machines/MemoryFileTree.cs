using Baton.Bytes;

namespace Baton.Machines;

/// <summary>Files in memory under their paths: what a machine record holds once it has been read.</summary>
public sealed class MemoryFileTree(string name, IReadOnlyDictionary<string, TreeFile> files) : IFileTree
{
    public string Name { get; } = name;

    /// <summary>The paths of all files, sorted ordinally.</summary>
    public IEnumerable<string> Paths => files.Keys.Order(StringComparer.Ordinal);

    public TreeFile Read(string path) => files.TryGetValue(path, out TreeFile file) ? file : TreeFile.Absent;

    /// <remarks>
    /// Every path is looked at. Few directories are listed, and an index of all of them would take far more memory than a
    /// hostile record's paths: each of them in each of its lengths.
    /// </remarks>
    public IReadOnlyList<string> List(string path)
    {
        string prefix = path.Length == 0 ? "" : path + "/";
        SortedSet<string> names = new(StringComparer.Ordinal);
        foreach (string file in files.Keys.Where(file => file.StartsWith(prefix, StringComparison.Ordinal)))
        {
            int slash = file.IndexOf('/', prefix.Length);
            names.Add(slash < 0 ? file[prefix.Length..] : file[prefix.Length..slash]);
        }

        return [.. names];
    }
}
