using Baton.Bytes;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;

namespace Baton.Protocols.FreeBsd.LoaderConf;

/// <summary>The files of a root's module path: found by linker.hints where there is one, else by their names.</summary>
/// <param name="root">Where the files are.</param>
/// <param name="path">The directories, in the order in which they are searched.</param>
/// <param name="note">Takes what is noticed.</param>
internal sealed class ModuleFiles(FreeBsdRoot root, IReadOnlyList<string> path, Action<Finding> note)
{
    private static readonly string[] Suffixes = [".ko", "", ".debug"];

    private readonly Dictionary<string, LinkerHints?> _hints = new(StringComparer.Ordinal);

    /// <summary>
    /// The file of a module, directory by directory, as the stock loader looks: by the directory's index, the preferred
    /// version first; where the index has no such module, by the file's name. Null when there is none.
    /// </summary>
    /// <param name="name">A module's name, or a path, which is taken as it is.</param>
    /// <param name="accepts">Whether a version will do.</param>
    /// <param name="preferred">The version that is preferred; null for the highest.</param>
    public (string Path, IByteSource Source)? FindModule(string name, Func<int, bool> accepts, int? preferred = null)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return Open(name) ?? FindNamed(name);
        }

        foreach (string directory in path)
        {
            LinkerHint[] hints = [.. (HintsOf(directory)?.Hints ?? []).Where(hint => hint.Module == name)];
            LinkerHint? best = hints.Where(hint => accepts(hint.Version))
                .OrderByDescending(hint => hint.Version == preferred)
                .ThenByDescending(hint => hint.Version)
                .FirstOrDefault();
            (string Path, IByteSource Source)? found = best is not null ? Open($"{directory}/{best.File}")
                : hints.Length == 0 ? FindNamed($"{directory}/{name}")
                : null;
            if (found is not null)
            {
                return found;
            }
        }

        // An index may be older than the files.
        return path.Select(directory => FindNamed($"{directory}/{name}")).FirstOrDefault(found => found is not null);
    }

    /// <summary>A file that is no module, by its path or by its name in a directory; null when there is none.</summary>
    public (string Path, IByteSource Source)? FindFile(string name) => name.Contains('/', StringComparison.Ordinal)
        ? Open(name)
        : path.Select(directory => Open($"{directory}/{name}")).FirstOrDefault(found => found is not null);

    private (string Path, IByteSource Source)? FindNamed(string file) =>
        Suffixes.Select(suffix => Open(file + suffix)).FirstOrDefault(found => found is not null);

    private (string Path, IByteSource Source)? Open(string file) =>
        root.Open(file) is { } source ? (file, source) : null;

    private LinkerHints? HintsOf(string directory)
    {
        if (!_hints.TryGetValue(directory, out LinkerHints? hints))
        {
            string index = $"{directory}/linker.hints";
            TreeFile file = root.Read(index);
            try
            {
                hints = file.IsPresent ? LinkerHints.Parse(file.Bytes, index) : null;
            }
            catch (ImageFormatException e)
            {
                note(new Finding(
                    Severity.Warning, "linker-hints", $"{e.Message}; modules are sought by their files' names"));
            }

            _hints.Add(directory, hints);
        }

        return hints;
    }
}
