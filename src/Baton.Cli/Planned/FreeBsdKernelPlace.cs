using Baton.Linux.Files;

namespace Baton.Cli.Planned;

/// <summary>Where the FreeBSD kernel that is handed over to lies, as FreeBSD sees it.</summary>
/// <param name="Path">The path that it is told of itself, without what says that it is packed.</param>
/// <param name="InRoot">Its file's path in the root; null when it is not in the root, or there is none.</param>
/// <param name="IsDefault">Whether the root's settings choose it, the user's variables among them.</param>
internal sealed record FreeBsdKernelPlace(string Path, string? InRoot, bool IsDefault)
{
    /// <summary>Where FreeBSD has its kernel when nobody says otherwise.</summary>
    public const string Usual = "/boot/kernel/kernel";

    /// <summary>The kernel's directory, in which its modules are.</summary>
    public string Folder => FolderOf(Path);

    /// <summary>The directory of a file.</summary>
    public static string FolderOf(string path) => path[..Math.Max(1, path.LastIndexOf('/'))];

    /// <summary>
    /// The path below a folder of a file that this system names; null when the file lies elsewhere. Links count as they would
    /// for a system whose root the folder is: a file that another is found in place of lies elsewhere.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="file">The file.</param>
    public static string? Below(string folder, string file)
    {
        string wholeFolder = System.IO.Path.GetFullPath(folder);
        string wholeFile = System.IO.Path.GetFullPath(file);
        string? realFolder = RootedPath.Resolve("/", wholeFolder);
        string? realFile = RootedPath.Resolve("/", wholeFile);
        foreach ((string? above, string? path) in ((string?, string?)[])[(wholeFolder, wholeFile), (realFolder, realFile)])
        {
            if (above is not null && path?.StartsWith(above.TrimEnd('/') + "/", StringComparison.Ordinal) == true
                && path[above.TrimEnd('/').Length..].TrimStart('/') is var inside
                && RootedPath.Resolve(realFolder!, inside) == realFile)
            {
                return inside;
            }
        }

        return null;
    }
}
