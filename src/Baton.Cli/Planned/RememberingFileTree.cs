using Baton.Bytes;

namespace Baton.Cli.Planned;

/// <summary>A tree that remembers which of its files were read.</summary>
internal sealed class RememberingFileTree(IFileTree tree, ISet<string> taken) : IFileTree
{
    public string Name => tree.Name;

    public TreeFile Read(string path)
    {
        TreeFile file = tree.Read(path);
        if (file.IsPresent)
        {
            taken.Add(path);
        }

        return file;
    }

    public IReadOnlyList<string> List(string path) => tree.List(path);
}
