using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;
using Baton.Protocols.FreeBsd.LoaderConf;
using Baton.Reports;

namespace Baton.Cli.Planned;

/// <summary>Looks at all that a FreeBSD root holds and says.</summary>
internal static class FreeBsdRootLook
{
    /// <summary>What there is to see.</summary>
    /// <param name="root">The root.</param>
    /// <param name="settings">What its files say.</param>
    /// <param name="name">Its name for people.</param>
    /// <exception cref="CommandException">It is no FreeBSD root.</exception>
    public static FreeBsdRootView View(FreeBsdRoot root, LoaderSettings settings, string name)
    {
        string[] paths =
        [
            .. root.Kernels(settings.BootFiles).SelectMany(folder => settings.BootFiles
                .Where(file => root.List($"/boot/{folder}").Any(other => other == file || other == $"{file}.gz"))
                .Take(1).Select(file => $"/boot/{folder}/{file}")),
        ];
        string? chosen = root.FindKernel(settings) is { } path ? PackedPreload.NameOf(path) : null;
        if (paths.Length == 0 && settings.Files.Count == 0)
        {
            throw new CommandException(
                ExitCode.DataError, $"{name}: no FreeBSD root: it has no kernel in boot, and no boot/loader.conf");
        }

        FreeBsdRootKernel[] kernels =
        [
            .. paths.Concat(chosen is null || paths.Contains(chosen) ? [] : [chosen])
                .Select(kernel => Look(root, kernel, kernel == chosen)),
        ];
        ModuleSearch? search = null;
        if (kernels.FirstOrDefault(kernel => kernel.IsChosen)?.Kernel is { } file)
        {
            search = new ModuleSearch(root, settings.ModulePathWith(FreeBsdKernelPlace.FolderOf(chosen!)), file);
            search.LoadAll(settings);
        }

        return new FreeBsdRootView(name, kernels, settings, search, root.RootOfFstab());
    }

    private static FreeBsdRootKernel Look(FreeBsdRoot root, string path, bool isChosen)
    {
        try
        {
            return root.Open(path) is { } source
                ? new FreeBsdRootKernel(path, isChosen, FreeBsdKernelFile.Open(ElfFile.Open(source)), null)
                : new FreeBsdRootKernel(path, isChosen, null, "not found");
        }
        catch (ImageFormatException e)
        {
            return new FreeBsdRootKernel(path, isChosen, null, e.Message);
        }
    }
}
