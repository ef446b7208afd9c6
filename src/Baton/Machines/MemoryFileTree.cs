using Baton.Bytes;

namespace Baton.Machines;

/// <summary>Files in memory under their paths: what a machine record holds once it has been read.</summary>
public sealed class MemoryFileTree(string name, IReadOnlyDictionary<string, TreeFile> files) : IFileTree
{
    private readonly Dictionary<string, SortedSet<string>> _directories = Index(files.Keys);

    public string Name { get; } = name;

    /// <summary>The paths of all files, sorted ordinally.</summary>
    public IEnumerable<string> Paths => files.Keys.Order(StringComparer.Ordinal);

    public TreeFile Read(string path) => files.TryGetValue(path, out TreeFile file) ? file : TreeFile.Absent;

    public IReadOnlyList<string> List(string path) =>
        _directories.TryGetValue(path, out SortedSet<string>? names) ? [.. names] : [];

    private static Dictionary<string, SortedSet<string>> Index(IEnumerable<string> paths)
    {
        Dictionary<string, SortedSet<string>> directories = new(StringComparer.Ordinal);
        foreach (string path in paths)
        {
            string child = path;
            bool isNew = true;
            while (isNew && child.Length > 0)
            {
                int slash = child.LastIndexOf('/');
                string parent = slash < 0 ? "" : child[..slash];
                if (!directories.TryGetValue(parent, out SortedSet<string>? names))
                {
                    names = new SortedSet<string>(StringComparer.Ordinal);
                    directories.Add(parent, names);
                }

                isNew = names.Add(child[(slash + 1)..]);
                child = parent;
            }
        }

        return directories;
    }
}
