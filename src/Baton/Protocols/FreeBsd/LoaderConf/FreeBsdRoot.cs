using Baton.Bytes;

namespace Baton.Protocols.FreeBsd.LoaderConf;

/// <summary>
/// The files of a FreeBSD system by the paths that FreeBSD knows them under: a mounted root, or the folder /boot alone.
/// </summary>
public sealed class FreeBsdRoot
{
    private const string Boot = "/boot";

    private readonly IFileTree _tree;
    private readonly Func<string, IByteSource?>? _open;

    /// <param name="tree">The root, or a folder that holds what /boot does.</param>
    /// <param name="open">
    /// Opens a file of the tree that may be long, a kernel or a ramdisk; null where there is none. By default the tree
    /// itself does, which holds no long ones.
    /// </param>
    public FreeBsdRoot(IFileTree tree, Func<string, IByteSource?>? open = null)
    {
        ArgumentNullException.ThrowIfNull(tree);
        _tree = tree;
        _open = open;
        IsBootFolder = tree.List("boot").Count == 0
            && (tree.List("kernel").Count > 0 || tree.List("defaults").Count > 0 || tree.Read("loader.conf").IsPresent);
    }

    /// <summary>Whether the tree is a /boot, not a whole root.</summary>
    public bool IsBootFolder { get; }

    /// <summary>What the tree is called, for errors.</summary>
    public string Name => _tree.Name;

    /// <summary>The tree's path of a FreeBSD path; null when it lies outside of the tree.</summary>
    public string? TreePath(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Contains(".."))
        {
            return null;
        }

        if (!IsBootFolder)
        {
            return string.Join('/', parts);
        }

        return parts is ["boot", .. string[] rest] ? string.Join('/', rest) : null;
    }

    /// <summary>Reads a file; an absent one is an ordinary answer.</summary>
    public TreeFile Read(string path) => TreePath(path) is { } inside ? _tree.Read(inside) : TreeFile.Absent;

    /// <summary>The names in a directory, sorted.</summary>
    public IReadOnlyList<string> List(string path) => TreePath(path) is { } inside ? _tree.List(inside) : [];

    /// <summary>A file's text; null when it is absent.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Missing"/>: it is there and may not be read.</exception>
    public string? ReadText(string path)
    {
        TreeFile file = Read(path);
        return file.State == TreeFileState.Denied
            ? throw Denied(path)
            : file.Text;
    }

    /// <summary>A file as a source; null when it is absent.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Missing"/>: it is there and may not be read.</exception>
    public IByteSource? Open(string path)
    {
        if (TreePath(path) is not { } inside)
        {
            return null;
        }

        if (_open is not null)
        {
            return _open(inside);
        }

        TreeFile file = _tree.Read(inside);
        return file.State switch
        {
            TreeFileState.Present => new ArraySource(file.Bytes, path),
            TreeFileState.Denied => throw Denied(path),
            _ => null,
        };
    }

    /// <summary>The kernels of /boot: each directory with a file called kernel, or one that bootfile names.</summary>
    public IReadOnlyList<string> Kernels(IReadOnlyList<string> bootFiles) =>
    [
        .. List(Boot).Where(name => List($"{Boot}/{name}").Intersect(bootFiles.SelectMany(file => (string[])[file, file + ".gz"]))
            .Any()),
    ];

    /// <summary>
    /// The path of the kernel that the settings choose: the directory of /boot, or a path, with one of the names of bootfile in
    /// it, packed or not; or the file itself. Null when there is none.
    /// </summary>
    public string? FindKernel(LoaderSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        string name = settings.Kernel;
        foreach (string folder in name.StartsWith('/') ? (string[])[name] : [$"{Boot}/{name}", $"/{name}"])
        {
            string[] inside =
            [
                .. settings.BootFiles.SelectMany(file => (string[])[$"{folder}/{file}", $"{folder}/{file}.gz"])
                    .Where(path => List(folder).Contains(path[(folder.Length + 1)..])),
            ];
            if (inside.Length > 0)
            {
                return inside[0];
            }

            int slash = folder.LastIndexOf('/');
            if (List(folder).Count == 0 && List(slash == 0 ? "/" : folder[..slash]).Contains(folder[(slash + 1)..]))
            {
                return folder;
            }
        }

        return null;
    }

    /// <summary>
    /// The root file system by fstab: <c>vfs.root.mountfrom</c> and its options; null when fstab has none.
    /// </summary>
    public (string MountFrom, string Options)? RootOfFstab()
    {
        foreach (string line in (ReadText("/etc/fstab") ?? "").Split('\n'))
        {
            string[] fields = line.Split('#')[0].Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (fields is [string device, "/", string type, string options, ..])
            {
                return ($"{type}:{device}", options);
            }
        }

        return null;
    }

    private ImageFormatException Denied(string path) => new(
        ImageError.Missing, new ImageLocation(path, 0, "file"), $"it may not be read in {Name}; run as root");
}
