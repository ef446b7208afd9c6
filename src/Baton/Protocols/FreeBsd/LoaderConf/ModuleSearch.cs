using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;

namespace Baton.Protocols.FreeBsd.LoaderConf;

/// <summary>A file that was found for a module, or for something else that is to be preloaded.</summary>
/// <param name="Path">Its path in the root, as the kernel is told it.</param>
/// <param name="Source">Its bytes.</param>
/// <param name="Module">What it says of itself; null for a file that is no module.</param>
public sealed record FoundModule(string Path, IByteSource Source, FreeBsdModuleFile? Module)
{
    /// <summary>The kind of file that the kernel is told; null for a module's own.</summary>
    public string? Type { get; init; }

    /// <summary>The arguments; null for none.</summary>
    public string? Arguments { get; init; }
}

/// <summary>
/// Loads modules and what they depend on: found by what indexes and file names say, and always checked against what the
/// files say of themselves.
/// </summary>
public sealed class ModuleSearch
{
    private readonly FreeBsdRoot _root;
    private readonly IReadOnlyList<string> _path;
    private readonly ModuleFiles _files;
    private readonly Dictionary<string, int> _versions = new(StringComparer.Ordinal);
    private readonly List<FoundModule> _loaded = [];
    private readonly List<Finding> _findings = [];
    private readonly Dictionary<string, string> _states = new(StringComparer.Ordinal);

    /// <param name="root">Where the files are.</param>
    /// <param name="path">The directories, in the order in which they are searched.</param>
    /// <param name="kernel">The kernel: what is in it need not be loaded.</param>
    public ModuleSearch(FreeBsdRoot root, IReadOnlyList<string> path, FreeBsdKernelFile kernel)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(kernel);
        _root = root;
        _path = path;
        _files = new ModuleFiles(root, path, _findings.Add);
        Kernel = kernel;
        foreach (ModuleMetadata version in kernel.Metadata.Where(m => m.Kind == ModuleMetadataKind.Version))
        {
            _versions.TryAdd(version.Name, version.Minimum);
        }
    }

    /// <summary>The kernel.</summary>
    public FreeBsdKernelFile Kernel { get; }

    /// <summary>What was loaded so far: what a module depends on behind it, as the stock loader does.</summary>
    public IReadOnlyList<FoundModule> Loaded => _loaded;

    /// <summary>What was noticed.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>What became of the modules that a configuration asks for, by their names in it, in words.</summary>
    public IReadOnlyDictionary<string, string> States => _states;

    /// <summary>Loads what a configuration asks for; a module that is not found is noted, as the stock loader goes on.</summary>
    /// <param name="settings">The configuration.</param>
    /// <param name="isStrict">Whether such a module is an error instead.</param>
    /// <exception cref="ImageFormatException">When strict: a module is missing, or is none.</exception>
    public void LoadAll(LoaderSettings settings, bool isStrict = false)
    {
        ArgumentNullException.ThrowIfNull(settings);
        foreach (LoaderModule wanted in settings.Modules.Where(module => module.Load))
        {
            if (settings.IsBlacklisted(wanted))
            {
                _states[wanted.Name] = "on module_blacklist";
                _findings.Add(new Finding(
                    Severity.Note,
                    "module-blacklisted",
                    $"{wanted.Place}: {wanted.Name}_load: not loaded, since {wanted.Wanted} is on module_blacklist "
                    + $"({settings.Find("module_blacklist")!.Place})"));
                continue;
            }

            PassOver(wanted.Before, $"before {wanted.Name} is loaded");
            try
            {
                _states[wanted.Name] = Load(wanted.Wanted, wanted.Type, wanted.Flags) ? "loaded" : "in the kernel";
                PassOver(wanted.After, $"after {wanted.Name} is loaded");
            }
            catch (ImageFormatException e) when (!isStrict)
            {
                _states[wanted.Name] = "missing";
                _findings.Add(new Finding(
                    Severity.Warning, "module-missing", $"{wanted.Place}: {wanted.Name}_load: {e.Message}"));
                PassOver(wanted.Error, $"{wanted.Name} could not be loaded");
            }
        }
    }

    private void PassOver(LoaderVariable? command, string when)
    {
        if (LoaderSettings.PassedOver(command, when) is { } finding)
        {
            _findings.Add(finding);
        }
    }

    /// <summary>Loads a file, and what it depends on if it is a module.</summary>
    /// <param name="name">A path, or a name to look for in the module path.</param>
    /// <param name="type">The kind of file; null for a module.</param>
    /// <param name="arguments">Its arguments; null for none.</param>
    /// <returns>Whether it is among <see cref="Loaded"/>; false for a module that the kernel has in it.</returns>
    /// <exception cref="ImageFormatException">
    /// <see cref="ImageError.Missing"/>: it or a dependency is not found; the chain that asked for it is named.
    /// </exception>
    public bool Load(string name, string? type = null, string? arguments = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        bool isModule = string.IsNullOrEmpty(type);
        if (isModule && _versions.ContainsKey(name))
        {
            return Give(arguments, _loaded.FindIndex(file => file.Module?.Versions.Any(v => v.Name == name) == true));
        }

        int before = _loaded.Count;
        Dictionary<string, int> versions = new(_versions, StringComparer.Ordinal);
        try
        {
            if (!isModule)
            {
                (string path, IByteSource source) = _files.FindFile(name) ?? throw Missing(name, []);
                _loaded.Add(new FoundModule(path, source, null) { Type = type, Arguments = arguments });
                return true;
            }

            LoadModule(_files.FindModule(name, _ => true) ?? throw Missing(name, []), arguments, [name]);
            return true;
        }
        catch (ImageFormatException)
        {
            // All or nothing: the kernel drops a file whose dependencies are not there.
            _loaded.RemoveRange(before, _loaded.Count - before);
            _versions.Clear();
            foreach ((string module, int version) in versions)
            {
                _versions.Add(module, version);
            }

            throw;
        }
    }

    private void LoadModule((string Path, IByteSource Source) file, string? arguments, IReadOnlyList<string> chain)
    {
        if (_loaded.FindIndex(loaded => loaded.Path == file.Path) is var index and >= 0)
        {
            Give(arguments, index);
            return;
        }

        FreeBsdModuleFile module = FreeBsdModuleFile.Open(ElfFile.Open(file.Source));
        if (module.Architecture != Kernel.Architecture)
        {
            throw new ImageFormatException(
                ImageError.WrongArchitecture,
                new ImageLocation(file.Path, 0, ElfFields.Machine.Name),
                $"a module for {module.Architecture}, and the kernel is for {Kernel.Architecture}");
        }

        // Before what it needs, so that modules that need each other are each loaded once.
        _loaded.Add(new FoundModule(file.Path, file.Source, module) { Arguments = arguments });
        foreach (ModuleMetadata version in module.Versions)
        {
            _versions.TryAdd(version.Name, version.Minimum);
        }

        foreach (ModuleMetadata need in module.Dependencies)
        {
            Satisfy(need, chain);
        }
    }

    /// <summary>Gives arguments to a file that was loaded because another needs it, if there is one.</summary>
    private bool Give(string? arguments, int index)
    {
        if (index >= 0 && !string.IsNullOrEmpty(arguments))
        {
            _loaded[index] = _loaded[index] with { Arguments = arguments };
        }

        return index >= 0;
    }

    private void Satisfy(ModuleMetadata need, IReadOnlyList<string> chain)
    {
        if (_versions.TryGetValue(need.Name, out int version))
        {
            // A kernel that is too old or too new for a module says so itself; other modules may be replaced.
            if (!need.Accepts(version))
            {
                throw new ImageFormatException(
                    ImageError.Inconsistent,
                    new ImageLocation(chain[^1], 0, "MDT_DEPEND"),
                    $"{need} is needed by {ModuleDependencies.NeededBy(chain.Reverse())}, and what is there is "
                    + $"version {version}");
            }

            return;
        }

        (string Path, IByteSource Source) file =
            _files.FindModule(need.Name, need.Accepts, need.Preferred) ?? throw Missing(need.Name, chain);
        LoadModule(file, null, [.. chain, need.Name]);
        if (!_versions.TryGetValue(need.Name, out int found) || !need.Accepts(found))
        {
            throw new ImageFormatException(
                ImageError.Missing,
                new ImageLocation(file.Path, 0, "MDT_VERSION"),
                $"{need} is needed by {ModuleDependencies.NeededBy(chain.Reverse())}, and this file has "
                + (found == 0 ? "no such module" : $"version {found}"));
        }
    }

    private ImageFormatException Missing(string name, IReadOnlyList<string> chain)
    {
        string asked = chain.Count == 0 ? "" : $", needed by {ModuleDependencies.NeededBy(chain.Reverse())}";
        return new ImageFormatException(
            ImageError.Missing,
            new ImageLocation(_root.Name, 0, name),
            $"not found{asked}; searched {string.Join(", ", _path)}");
    }
}
