using Baton.Bytes;
using Baton.Formats.FreeBsd;

namespace Baton.Protocols.FreeBsd;

/// <summary>Whether modules have what they depend on: the kernel drops a preloaded file without, and all that need it.</summary>
public static class ModuleDependencies
{
    /// <summary>Checks all files together; their order does not matter to the kernel.</summary>
    /// <param name="kernel">The kernel, whose own modules count. One that tells of none cannot be checked against.</param>
    /// <param name="files">What is preloaded.</param>
    /// <exception cref="ImageFormatException">
    /// <see cref="ImageError.Missing"/>: nothing has the module, or not in that version.
    /// </exception>
    public static void Check(FreeBsdKernelFile kernel, IReadOnlyList<PreloadedFile> files)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentNullException.ThrowIfNull(files);
        if (kernel.Metadata.Count == 0)
        {
            return;
        }

        ModuleMetadata[] versions =
        [
            .. kernel.Metadata.Where(entry => entry.Kind == ModuleMetadataKind.Version),
            .. files.SelectMany(file => file.Module?.Versions ?? []),
        ];
        foreach (PreloadedFile file in files)
        {
            foreach (ModuleMetadata need in file.Module?.Dependencies ?? [])
            {
                ModuleMetadata[] there = [.. versions.Where(version => version.Name == need.Name)];
                if (!there.Any(version => need.Accepts(version.Minimum)))
                {
                    throw new ImageFormatException(
                        ImageError.Missing,
                        new ImageLocation(file.Path, 0, "MDT_DEPEND"),
                        $"{need} is needed by {NeededBy(Askers(file, files).Select(asker => asker.Path))}, "
                        + (there.Length > 0 ? $"and what is there is version {there[0].Minimum}"
                            : "and neither the kernel nor another file has it: give its file as well"));
                }
            }
        }
    }

    /// <summary>Who asked for something, as words: the one that needs it, the one that needs that, and so on.</summary>
    internal static string NeededBy(IEnumerable<string> chain) => string.Join(", which is needed by ", chain);

    /// <summary>A file, one of those that need it, and so on, each once.</summary>
    private static List<PreloadedFile> Askers(PreloadedFile file, IReadOnlyList<PreloadedFile> files)
    {
        List<PreloadedFile> chain = [];
        for (PreloadedFile? asker = file; asker is not null;)
        {
            chain.Add(asker);
            HashSet<string> names = [.. asker.Module?.Versions.Select(version => version.Name) ?? []];
            asker = files.FirstOrDefault(other => !chain.Contains(other)
                && (other.Module?.Dependencies ?? []).Any(need => names.Contains(need.Name)));
        }

        return chain;
    }
}
