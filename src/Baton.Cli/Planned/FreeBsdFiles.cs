using Baton.Bytes;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;
using Baton.Linux.Files;
using Baton.Machines;
using Baton.Protocols.FreeBsd;
using Baton.Protocols.FreeBsd.LoaderConf;

namespace Baton.Cli.Planned;

/// <summary>What is preloaded beside a FreeBSD kernel, from the command line and from a FreeBSD root.</summary>
internal sealed class FreeBsdFiles : IDisposable
{
    private readonly FreeBsdRequestOptions _options;
    private readonly List<FileSource> _files = [];
    private readonly FreeBsdRoot? _root;
    private readonly LoaderSettings? _settings;

    /// <exception cref="ImageFormatException">A configuration file may not be read.</exception>
    public FreeBsdFiles(FreeBsdRequestOptions options)
    {
        _options = options;
        if (options.Root is { } folder)
        {
            _root = new FreeBsdRoot(new DirectoryFileTree(folder), path => OpenIn(folder, path));
            _settings = LoaderConfReader.Read(_root);
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

        string name = _settings.Kernel;
        foreach (string folder in name.StartsWith('/') ? (string[])[name] : [$"/boot/{name}", $"/{name}"])
        {
            IEnumerable<string> files = _settings.BootFiles.SelectMany(
                file => (string[])[$"{folder}/{file}", $"{folder}/{file}.gz"]);
            foreach (string path in files.Append(folder))
            {
                if (_root.TreePath(path) is { } inside && Path.Join(_options.Root, inside) is var found && File.Exists(found))
                {
                    return (PackedPreload.NameOf(path), found);
                }
            }
        }

        throw new CommandException(
            ExitCode.Usage,
            $"{_options.Root}: no kernel \"{name}\"; there are: "
            + (_root.Kernels(_settings.BootFiles) is { Count: > 0 } kernels ? string.Join(", ", kernels) : "none"));
    }

    /// <summary>The file of a root's kernel.</summary>
    /// <exception cref="CommandException">There is no root, or it has no such kernel.</exception>
    public static string KernelOf(FreeBsdRequestOptions options)
    {
        using FreeBsdFiles files = new(options);
        return files.FindKernel()?.File ?? throw new CommandException(ExitCode.Usage, "give a KERNEL, or --freebsd ROOT");
    }

    /// <summary>Puts the request together.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="machine">The machine that hands over.</param>
    /// <exception cref="ImageFormatException">A file, a variable or a flag is none.</exception>
    public FreeBsdRequest Request(FreeBsdKernelFile kernel, Machine machine)
    {
        KernelEnvironment environment = _settings?.ToEnvironment() ?? new KernelEnvironment();
        KernelArguments arguments = KernelArguments.Parse(_options.Arguments);
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

        string folder = kernelPath[..Math.Max(1, kernelPath.LastIndexOf('/'))];
        ModuleSearch search = new(_root, [folder, .. _settings.ModulePath.Where(other => other != folder)], kernel);
        search.LoadAll(_settings);
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
        int colon = argument.LastIndexOf(':');
        bool isRaw = colon > 0 && !File.Exists(argument);
        string path = isRaw ? argument[..colon] : argument;
        FileSource file = FileSource.Open(path);
        _files.Add(file);
        string type = isRaw ? argument[(colon + 1)..] : "";
        if (isRaw && type is not (ModInfo.MemoryDiskType or ModInfo.MfsRootType))
        {
            return PreloadedFile.OfRaw(Path.GetFullPath(path), type, file);
        }

        string name = PackedPreload.NameOf(Path.GetFullPath(path));
        IByteSource source = PackedPreload.Unpack(file);
        return isRaw ? PreloadedFile.OfRaw(name, type, source) : PreloadedFile.OfModule(name, source);
    }

    /// <summary>A file of a root; where there is none of the name, the packed one that stands for it.</summary>
    private IByteSource? OpenIn(string folder, string path)
    {
        string full = Path.Join(folder, path);
        string packed = full + PackedPreload.Suffix;
        if (!File.Exists(full) && !File.Exists(packed))
        {
            return null;
        }

        bool isPlain = File.Exists(full);
        FileSource file = FileSource.Open(isPlain ? full : packed);
        _files.Add(file);
        return isPlain ? file : PackedPreload.Unpack(file);
    }
}
