using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;
using Baton.Linux.Files;
using Baton.Machines;
using Baton.Protocols.FreeBsd;
using Baton.Protocols.FreeBsd.LoaderConf;
using Baton.Reports;

namespace Baton.Cli.Planned;

/// <summary>What is preloaded beside a FreeBSD kernel, from the command line and from a FreeBSD root.</summary>
internal sealed class FreeBsdFiles : IDisposable
{
    private readonly FreeBsdRequestOptions _options;
    private readonly List<FileSource> _files = [];
    private readonly SortedSet<string> _taken = new(StringComparer.Ordinal);
    private readonly FreeBsdRoot? _root;
    private readonly LoaderSettings? _settings;

    /// <exception cref="ImageFormatException">A configuration file may not be read.</exception>
    public FreeBsdFiles(FreeBsdRequestOptions options)
    {
        _options = options;
        if (options.Root is { } folder)
        {
            _root = new FreeBsdRoot(
                new RememberingFileTree(new DirectoryFileTree(folder), _taken), path => OpenIn(folder, path));
            _settings = LoaderConfReader.Read(_root, options.IsStrict);
        }
    }

    /// <summary>What was noticed.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>The path of the root's kernel as FreeBSD has it, and as it can be opened; null when there is no root.</summary>
    /// <exception cref="CommandException">The root has no such kernel.</exception>
    public (string Path, string File)? FindKernel()
    {
        if (_root is null || _settings is null)
        {
            return null;
        }

        if (_root.FindKernel(_settings) is { } path && _root.TreePath(path) is { } inside
            && RootedPath.Resolve(_options.Root!, inside) is { } file)
        {
            return (PackedPreload.NameOf(path), file);
        }

        throw new CommandException(
            ExitCode.Usage,
            $"{_options.Root}: no kernel \"{_settings.Kernel}\"; there are: "
            + (_root.Kernels(_settings.BootFiles) is { Count: > 0 } kernels ? string.Join(", ", kernels) : "none"));
    }

    /// <summary>The root's nextboot.conf as this system names it, when it is in force; else null.</summary>
    public string? NextBoot => _settings?.NextBootFile is { } file && _root?.TreePath(file) is { } inside
        && RootedPath.Resolve(Path.GetFullPath(_options.Root!), inside) is { } full
        ? full
        : null;

    /// <summary>
    /// The files of the root that a handoff takes something from: their paths in a whole root, and as this system names them.
    /// </summary>
    /// <exception cref="CommandException">The root has no kernel.</exception>
    /// <exception cref="ImageFormatException">A file of it is none, or may not be read.</exception>
    public IReadOnlyList<(string Path, string File)> Taken(FreeBsdKernelFile kernel)
    {
        if (_root is null || _settings is null || FindKernel() is not { } found)
        {
            return [];
        }

        _ = FilesOfRoot(kernel, found.Path);
        _ = _root.RootOfFstab();
        _taken.Add(_root.TreePath(_root.FindKernel(_settings)!)!);
        string above = _root.IsBootFolder ? "boot/" : "";
        return [.. _taken.Select(path => (above + path, RootedPath.Resolve(_options.Root!, path)!))];
    }

    /// <summary>The file of a root's kernel.</summary>
    /// <exception cref="CommandException">There is no root, or it has no such kernel.</exception>
    public static string KernelOf(FreeBsdRequestOptions options)
    {
        using FreeBsdFiles files = new(options);
        return files.FindKernel()?.File ?? throw new CommandException(ExitCode.Usage, "give a KERNEL, or --freebsd ROOT");
    }

    /// <summary>All that a root holds and says, for people to look at; null when there is no root.</summary>
    /// <exception cref="CommandException">It is no FreeBSD root.</exception>
    public FreeBsdRootView? View()
    {
        if (_root is null || _settings is null)
        {
            return null;
        }

        string? chosen = _root.FindKernel(_settings);
        string[] paths =
        [
            .. _root.Kernels(_settings.BootFiles).SelectMany(folder => _settings.BootFiles
                .Where(file => _root.List($"/boot/{folder}").Any(name => name == file || name == $"{file}.gz"))
                .Take(1).Select(file => $"/boot/{folder}/{file}")),
        ];
        chosen = chosen is null ? null : PackedPreload.NameOf(chosen);
        if (paths.Length == 0 && _settings.Files.Count == 0)
        {
            throw new CommandException(
                ExitCode.DataError, $"{_options.Root}: no FreeBSD root: it has no kernel in boot, and no boot/loader.conf");
        }

        FreeBsdRootKernel[] kernels =
            [.. paths.Concat(chosen is null || paths.Contains(chosen) ? [] : [chosen]).Select(path => Look(path, chosen))];
        ModuleSearch? search = kernels.FirstOrDefault(kernel => kernel.IsChosen)?.Kernel is { } kernel
            ? Search(_root, _settings, kernel, chosen!)
            : null;
        return new FreeBsdRootView(_options.Root!, kernels, _settings, search, _root.RootOfFstab());
    }

    private FreeBsdRootKernel Look(string path, string? chosen)
    {
        try
        {
            return _root!.Open(path) is { } source
                ? new FreeBsdRootKernel(path, path == chosen, FreeBsdKernelFile.Open(ElfFile.Open(source)), null)
                : new FreeBsdRootKernel(path, path == chosen, null, "not found");
        }
        catch (ImageFormatException e)
        {
            return new FreeBsdRootKernel(path, path == chosen, null, e.Message);
        }
    }

    private static ModuleSearch Search(
        FreeBsdRoot root, LoaderSettings settings, FreeBsdKernelFile kernel, string path, bool isStrict = false)
    {
        string folder = path[..Math.Max(1, path.LastIndexOf('/'))];
        ModuleSearch search = new(root, [folder, .. settings.ModulePath.Where(other => other != folder)], kernel);
        search.LoadAll(settings, isStrict);
        return search;
    }

    /// <summary>Puts the request together.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="machine">The machine that hands over.</param>
    /// <exception cref="ImageFormatException">A file, a variable or a flag is none.</exception>
    public FreeBsdRequest Request(FreeBsdKernelFile kernel, Machine machine)
    {
        KernelEnvironment environment = _settings?.ToEnvironment() ?? new KernelEnvironment();
        KernelArguments arguments = KernelArguments.Parse($"{_settings?["kernel_options"]} {_options.Arguments}");
        foreach (string assignment in arguments.Variables.Concat(_options.Environment))
        {
            environment.SetFrom(assignment);
        }

        string path = FindKernel()?.Path ?? "/boot/kernel/kernel";
        List<PreloadedFile> files = [.. FilesOfRoot(kernel, path)];
        files.AddRange(_options.Modules.Select(Open));
        ModuleDependencies.Check(kernel, files);
        if (_root?.RootOfFstab() is { } mount && environment["vfs.root.mountfrom"] is null)
        {
            environment.Set("vfs.root.mountfrom", mount.MountFrom);
            environment.SetDefault("vfs.root.mountfrom.options", mount.Options);
            Findings.Add(new Finding(
                Severity.Note, "root-from-fstab", $"the root file system is {mount.MountFrom}, by /etc/fstab"));
        }

        return new FreeBsdRequest
        {
            Kernel = kernel,
            KernelPath = path,
            Files = files,
            Variables = environment,
            Howto = BootFlags.Parse(_options.Flags) | arguments.Howto,
            Machine = machine,
        };
    }

    public void Dispose() => _files.ForEach(file => file.Dispose());

    private IEnumerable<PreloadedFile> FilesOfRoot(FreeBsdKernelFile kernel, string kernelPath)
    {
        if (_root is null || _settings is null)
        {
            return [];
        }

        ModuleSearch search = Search(_root, _settings, kernel, kernelPath, _options.IsStrict);
        Findings.AddRange(_settings.Findings);
        Findings.AddRange(search.Findings);
        return search.Loaded.Select(found => new PreloadedFile
        {
            Path = found.Path,
            Type = found.Type ?? ModInfo.ModuleTypeOf(kernel.Architecture),
            Source = found.Source,
            Arguments = found.Arguments,
            Module = found.Module,
        });
    }

    /// <summary>A file of --module: a module, unless a type stands behind the last colon.</summary>
    private PreloadedFile Open(string argument)
    {
        (string path, string? kind) = Split(argument);
        bool isRaw = kind is not null;
        FileSource file = FileSource.Open(path);
        _files.Add(file);
        string type = kind ?? "";
        if (isRaw && type is not (ModInfo.MemoryDiskType or ModInfo.MfsRootType))
        {
            return PreloadedFile.OfRaw(Path.GetFullPath(path), type, file);
        }

        string name = PackedPreload.NameOf(Path.GetFullPath(path));
        IByteSource source = PackedPreload.Unpack(file);
        return isRaw ? PreloadedFile.OfRaw(name, type, source) : PreloadedFile.OfModule(name, source);
    }

    /// <summary>The file and the type of an argument of --module; a type of null for a module.</summary>
    public static (string Path, string? Type) Split(string argument)
    {
        int colon = argument.LastIndexOf(':');
        return colon > 0 && !File.Exists(argument) ? (argument[..colon], argument[(colon + 1)..]) : (argument, null);
    }

    /// <summary>A file of a root; where there is none of the name, the packed one that stands for it.</summary>
    private IByteSource? OpenIn(string folder, string path)
    {
        string? full = RootedPath.Resolve(folder, path);
        string? packed = RootedPath.Resolve(folder, path + PackedPreload.Suffix);
        bool isPlain = File.Exists(full);
        if (!isPlain && !File.Exists(packed))
        {
            return null;
        }

        _taken.Add(isPlain ? path : path + PackedPreload.Suffix);
        FileSource file = FileSource.Open(isPlain ? full! : packed!);
        _files.Add(file);
        return isPlain ? file : PackedPreload.Unpack(file);
    }
}
