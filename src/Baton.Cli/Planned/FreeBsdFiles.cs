using Baton.Bytes;
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
    private FreeBsdKernelPlace? _kernel;

    /// <exception cref="CommandException">A variable of the user's comes too late for the configuration files.</exception>
    /// <exception cref="ImageFormatException">A configuration file may not be read, or a word of the user's is none.</exception>
    public FreeBsdFiles(FreeBsdRequestOptions options)
    {
        _options = options;
        if (options.Root is { } folder)
        {
            _root = new FreeBsdRoot(
                new RememberingFileTree(new DirectoryFileTree(folder), _taken), path => OpenIn(folder, path));
            _settings = LoaderConfReader.Read(_root, options.IsStrict, honoursNextBoot: !options.IsForLaterBoots);
            FreeBsdVariables.Override(_settings, options);
        }
    }

    /// <summary>What was noticed.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>Where the kernel lies: the one that the user names, or the one that the root's settings choose.</summary>
    /// <exception cref="CommandException">The root has no kernel that its settings choose, and the user names none.</exception>
    public FreeBsdKernelPlace Kernel => _kernel ??= FindKernel();

    /// <summary>The root's nextboot.conf as this system names it, when it is in force; else null.</summary>
    public string? NextBoot => _settings?.NextBootFile is { } file ? FileOf(file) : null;

    /// <summary>
    /// The files of the root that a handoff takes something from: their paths in a whole root, and as this system names them.
    /// </summary>
    /// <exception cref="CommandException">The root has no kernel.</exception>
    /// <exception cref="ImageFormatException">A file of it is none, or may not be read.</exception>
    public IReadOnlyList<(string Path, string File)> Taken(FreeBsdKernelFile kernel)
    {
        if (_root is null || _settings is null)
        {
            return [];
        }

        _ = FilesOfRoot(kernel);
        _ = _root.RootOfFstab();

        // A kernel of elsewhere goes with the modules of the root's own.
        if ((Kernel.InRoot ?? _root.FindKernel(_settings)) is { } path)
        {
            _taken.Add(_root.TreePath(path)!);
        }

        string above = _root.IsBootFolder ? "boot/" : "";
        return [.. _taken.Select(inside => (above + inside, RootedPath.Resolve(_options.Root!, inside)!))];
    }

    /// <summary>The file of the kernel that a root's settings choose.</summary>
    /// <exception cref="CommandException">There is no root, or it has no such kernel.</exception>
    public static string KernelOf(FreeBsdRequestOptions options)
    {
        using FreeBsdFiles files = new(options with { Kernel = null });
        return files.Kernel.InRoot is { } path && files._root!.TreePath(path) is { } inside
            && RootedPath.Resolve(options.Root!, inside) is { } file
            ? file
            : throw new CommandException(ExitCode.Usage, "give a KERNEL, or --freebsd ROOT");
    }

    /// <summary>All that a root holds and says, for people to look at; null when there is no root.</summary>
    /// <exception cref="CommandException">It is no FreeBSD root.</exception>
    public FreeBsdRootView? View() =>
        _root is null || _settings is null ? null : FreeBsdRootLook.View(_root, _settings, _options.Root!);

    /// <summary>Puts the request together.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="machine">The machine that hands over.</param>
    /// <exception cref="ImageFormatException">A file, a variable or a flag is none.</exception>
    public FreeBsdRequest Request(FreeBsdKernelFile kernel, Machine machine)
    {
        (KernelEnvironment environment, BootHowto howto) = FreeBsdVariables.Of(_settings, _options, Findings);
        List<PreloadedFile> files = [.. FilesOfRoot(kernel)];
        if (_settings is not null)
        {
            FreeBsdVariables.SetModulePath(environment, _settings, Kernel.Folder, Findings);
        }

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
            KernelPath = Kernel.Path,
            Files = files,
            Variables = environment,
            Howto = howto,
            Machine = machine,
        };
    }

    public void Dispose() => _files.ForEach(file => file.Dispose());

    private FreeBsdKernelPlace FindKernel()
    {
        if (_root is null || _settings is null)
        {
            return new FreeBsdKernelPlace(FreeBsdKernelPlace.Usual, null, IsDefault: false);
        }

        FreeBsdKernelPlace? own = _root.FindKernel(_settings) is { } found
            ? new FreeBsdKernelPlace(PackedPreload.NameOf(found), found, IsDefault: true)
            : null;
        if (_options.Kernel is not { } file)
        {
            return own ?? throw new CommandException(
                ExitCode.Usage,
                $"{_options.Root}: no kernel \"{_settings.Kernel}\"; there are: "
                + (_root.Kernels(_settings.BootFiles) is { Count: > 0 } kernels ? string.Join(", ", kernels) : "none"));
        }

        if (FreeBsdKernelPlace.Below(_options.Root!, file) is { } below)
        {
            string path = (_root.IsBootFolder ? "/boot/" : "/") + below;
            return own?.InRoot is { } inside && FileOf(inside) == FileOf(path)
                ? own
                : new FreeBsdKernelPlace(PackedPreload.NameOf(path), path, IsDefault: false);
        }

        FreeBsdKernelPlace place = new(own?.Path ?? FreeBsdKernelPlace.Usual, null, IsDefault: false);
        Findings.Add(new Finding(
            Severity.Warning,
            "kernel-not-in-root",
            $"{file} does not lie in {_options.Root}: it is given the modules of {place.Folder} there, which may be another "
            + $"kernel's, and is told {place.Path} for its own path; name a kernel that lies in the root"));
        return place;
    }

    /// <summary>A file of the root as this system names it.</summary>
    private string? FileOf(string path) =>
        _root!.TreePath(path) is { } inside ? RootedPath.Resolve(Path.GetFullPath(_options.Root!), inside) : null;

    private IEnumerable<PreloadedFile> FilesOfRoot(FreeBsdKernelFile kernel)
    {
        if (_root is null || _settings is null)
        {
            return [];
        }

        ModuleSearch search = new(_root, _settings.ModulePathWith(Kernel.Folder), kernel);
        search.LoadAll(_settings, _options.IsStrict);
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
