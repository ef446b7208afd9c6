using System.Globalization;
using Baton.Bytes;

namespace Baton.Machines;

/// <summary>A tree together with what a machine record says of itself: the files that could not be read.</summary>
internal sealed class RecordTree : IFileTree
{
    private readonly IFileTree _tree;
    private readonly MemoryFileTree _denied;

    private RecordTree(IFileTree tree, MemoryFileTree denied)
    {
        _tree = tree;
        _denied = denied;
    }

    public string Name => _tree.Name;

    /// <summary>Opens a tree; one that is no record stays as it is.</summary>
    /// <exception cref="ImageFormatException">It is a record of a form that is not read here.</exception>
    public static IFileTree Open(IFileTree tree)
    {
        TreeFile version = tree.Read(RecordPaths.Version);
        if (!version.IsPresent)
        {
            return tree;
        }

        TextFile text = TextFile.Of(tree, RecordPaths.Version, version);
        ulong found = text.Number("version");
        if (found != RecordPaths.CurrentVersion)
        {
            throw text.First("version").Fault(
                ImageError.UnsupportedVersion,
                "version",
                $"the record has form {found.ToString(CultureInfo.InvariantCulture)}, only form 1 is read here");
        }

        Dictionary<string, TreeFile> denied = new(StringComparer.Ordinal);
        TextFile list = TextFile.Of(tree, RecordPaths.Denied, tree.Read(RecordPaths.Denied));
        foreach (TextLine line in list.Lines())
        {
            if (line.Text.Length > FileLimits.PathLength)
            {
                throw line.Fault(
                    ImageError.OutOfRange,
                    "path",
                    $"found {line.Text.Length} characters, expected at most {FileLimits.PathLength}");
            }

            denied[line.Text] = TreeFile.Denied;
            if (denied.Count > FileLimits.Files)
            {
                throw line.Fault(ImageError.OutOfRange, "path", $"more than {FileLimits.Files} files");
            }
        }

        return new RecordTree(tree, new MemoryFileTree(tree.Name, denied));
    }

    public TreeFile Read(string path) =>
        _tree.Read(path) is { State: not TreeFileState.Absent } file ? file : _denied.Read(path);

    public IReadOnlyList<string> List(string path)
    {
        IReadOnlyList<string> denied = _denied.List(path);
        return denied.Count == 0
            ? _tree.List(path)
            : [.. _tree.List(path).Union(denied).Order(StringComparer.Ordinal)];
    }
}
