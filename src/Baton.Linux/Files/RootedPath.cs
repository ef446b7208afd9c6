namespace Baton.Linux.Files;

/// <summary>Paths below a directory that is taken for a root: links lead where they would lead after chroot(2).</summary>
public static class RootedPath
{
    /// <summary>Links on one path, as Linux limits them too (path_resolution(7)).</summary>
    private const int MostLinks = 40;

    /// <summary>Where a path leads; the end of it need not exist.</summary>
    /// <param name="root">The directory that is the root.</param>
    /// <param name="path">A path in it, with or without a slash in front.</param>
    /// <returns>A path of this system without links below <paramref name="root"/>; null when the links go in circles.</returns>
    /// <exception cref="UnauthorizedAccessException">A directory on the way may not be looked into.</exception>
    public static string? Resolve(string root, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        ArgumentNullException.ThrowIfNull(path);
        List<string> reached = [];
        Stack<string> ahead = new();
        PushParts(ahead, path);
        for (int links = 0; ahead.TryPop(out string? part);)
        {
            if (part == "..")
            {
                reached.RemoveRange(Math.Max(0, reached.Count - 1), Math.Min(1, reached.Count));
                continue;
            }

            reached.Add(part);
            if (new FileInfo(Join(root, reached)).LinkTarget is not { } target)
            {
                continue;
            }

            if (++links > MostLinks)
            {
                return null;
            }

            reached.RemoveRange(target.StartsWith('/') ? 0 : reached.Count - 1, target.StartsWith('/') ? reached.Count : 1);
            PushParts(ahead, target);
        }

        return Join(root, reached);
    }

    private static void PushParts(Stack<string> ahead, string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            if (parts[i] != ".")
            {
                ahead.Push(parts[i]);
            }
        }
    }

    private static string Join(string root, List<string> parts) => Path.Join([root, .. parts]);
}
