using Baton.Handoffs;
using static Baton.Protocols.FreeBsd.KernelEnvironment;

namespace Baton.Protocols.FreeBsd.LoaderConf;

/// <summary>All that the configuration files of a FreeBSD root say, in the order in which they say it.</summary>
public sealed class LoaderSettings
{
    /// <summary>The variable with the files to read, which no kernel is given.</summary>
    internal const string FileList = "loader_conf_files";

    private const string DefaultModulePath = "/boot/kernel;/boot/modules";

    private readonly List<string> _order = [];
    private readonly Dictionary<string, LoaderVariable> _variables = new(StringComparer.Ordinal);
    private readonly List<LoaderModule> _modules = [];
    private readonly List<Finding> _findings = [];

    /// <summary>The names of the variables, in the order in which they were first set.</summary>
    public IReadOnlyList<string> Names => _order;

    /// <summary>All modules that were named, in order; see <see cref="Wanted"/>.</summary>
    public IReadOnlyList<LoaderModule> Modules => _modules;

    /// <summary>What was noticed: malformed lines, commands that are not carried out, variables that no kernel keeps.</summary>
    public IReadOnlyList<Finding> Findings => [.. _findings, .. Unfit()];

    /// <summary>The files that were read, in order.</summary>
    public IReadOnlyList<string> Files { get; internal set; } = [];

    /// <summary>The nextboot.conf that was in force: whoever starts the kernel must disable it. Null when none was.</summary>
    public string? NextBootFile { get; internal set; }

    /// <summary>A variable's value; null when no file sets it.</summary>
    public string? this[string name] => _variables.TryGetValue(name, out LoaderVariable? variable) ? variable.Value : null;

    /// <summary>The names of modules that must not be loaded.</summary>
    public IReadOnlyList<string> Blacklist => Split(this["module_blacklist"]);

    /// <summary>The modules to load, in order, without those that are blacklisted.</summary>
    public IEnumerable<LoaderModule> Wanted => _modules.Where(module => module.Load && !IsBlacklisted(module));

    /// <summary>Directories in which modules are sought, the chosen kernel's not included.</summary>
    public IReadOnlyList<string> ModulePath =>
        (this["module_path"] ?? DefaultModulePath).Split(
            ';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The directories in which modules are sought, by the loader and then by the kernel.</summary>
    /// <param name="kernelFolder">The directory of the kernel that is handed over to; it comes first.</param>
    public IReadOnlyList<string> ModulePathWith(string kernelFolder) =>
        [kernelFolder, .. ModulePath.Where(folder => folder != kernelFolder)];

    /// <summary>The kernel to load: a directory of /boot, or a path.</summary>
    public string Kernel => this["kernel"] is { Length: > 0 } kernel ? kernel : "kernel";

    /// <summary>The kernels that can be chosen from.</summary>
    public IReadOnlyList<string> Kernels => Split(this["kernels"]);

    /// <summary>Names of the kernel's file in its directory.</summary>
    public IReadOnlyList<string> BootFiles =>
    [
        .. (this["bootfile"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Append("kernel").Distinct(StringComparer.Ordinal),
    ];

    /// <summary>A variable with the place where it was set; null when no file sets it.</summary>
    public LoaderVariable? Find(string name) => _variables.GetValueOrDefault(name);

    /// <summary>
    /// Whether a module must not be loaded. As in the stock loader, what counts is what is sought: a module that
    /// <c>name_name</c> gives a path to is on no list of names.
    /// </summary>
    public bool IsBlacklisted(LoaderModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return Blacklist.Contains(module.Wanted, StringComparer.Ordinal);
    }

    /// <summary>
    /// The variables as the kernel is given them. What files have set and the kernel would drop is left out, and is among
    /// <see cref="Findings"/>; what the user has set stays, to be refused.
    /// </summary>
    public KernelEnvironment ToEnvironment()
    {
        KernelEnvironment environment = new();
        foreach (string name in _order.Where(name => name != FileList && !IsUnfit(name)))
        {
            environment.Set(name, _variables[name].Value);
        }

        return environment;
    }

    /// <summary>Sets what the user says over what the files say: a variable, or what is to become of a module.</summary>
    /// <param name="name">A variable's name, or a module's with <c>_load</c> and the like.</param>
    /// <param name="value">Its value, word for word.</param>
    public void Override(string name, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        LoaderLine line = LoaderLine.Of(name, value);
        Set(name, value, LoaderPlace.User);
        if (line.Kind != LoaderLineKind.Variable)
        {
            Apply(line, LoaderPlace.User);
        }
    }

    /// <summary>Makes the setting of a line.</summary>
    /// <returns>What is wrong with its value; null when nothing is, and it is made.</returns>
    internal string? Apply(LoaderLine line, LoaderPlace place)
    {
        string value = line.Value;
        if (line.Kind == LoaderLineKind.Variable)
        {
            // The list of files is the reader's own: no value can have it.
            if (LoaderValue.Expand(value, name => name == FileList ? null : this[name], out string problem) is not { } whole)
            {
                return problem;
            }

            Set(line.Name, whole, place);
            return null;
        }

        Change(line.Name, place, module => line.Kind switch
        {
            LoaderLineKind.Load => module with
            {
                Load = value.Equals("yes", StringComparison.OrdinalIgnoreCase),
                Place = place,
            },
            LoaderLineKind.Name => module with { File = value },
            LoaderLineKind.Type => module with { Type = value },
            LoaderLineKind.Flags => module with { Flags = value },
            LoaderLineKind.Before => module with { Before = new LoaderVariable(value, place) },
            LoaderLineKind.After => module with { After = new LoaderVariable(value, place) },
            _ => module with { Error = new LoaderVariable(value, place) },
        });
        return null;
    }

    private void Set(string name, string value, LoaderPlace place)
    {
        if (!_variables.ContainsKey(name))
        {
            _order.Add(name);
        }

        _variables[name] = new LoaderVariable(value, place);
    }

    private void Change(string name, LoaderPlace place, Func<LoaderModule, LoaderModule> change)
    {
        int index = _modules.FindIndex(module => module.Name == name);
        if (index < 0)
        {
            index = _modules.Count;
            _modules.Add(new LoaderModule { Name = name, Place = place });
        }

        _modules[index] = change(_modules[index]);
    }

    /// <summary>
    /// Says that a command is not carried out that FreeBSD's loader would carry out. One that only writes to the screen, as
    /// each <c>/boot/defaults/loader.conf</c> has it, is worth no warning.
    /// </summary>
    /// <param name="command">The command; one that is null or empty is none.</param>
    /// <param name="when">When the loader would do so, in words; empty for at once.</param>
    internal static Finding? PassedOver(LoaderVariable? command, string when) =>
        string.IsNullOrWhiteSpace(command?.Value) ? null : new Finding(
            command.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0] == "echo" ? Severity.Note
                : Severity.Warning,
            "loader-command",
            $"{command.Place}: the loader's command \"{LoaderConfReader.Show(command.Value)}\" is not carried out"
            + (when.Length > 0 ? $" ({when})" : ""));

    internal void Note(Finding? finding) => _findings.AddRange(finding is null ? [] : [finding]);

    internal void Note(Severity severity, string id, string text) => _findings.Add(new Finding(severity, id, text));

    private bool IsUnfit(string name) => _variables[name] is { Place.IsUser: false, Value: { } value }
        && !Fits(name, value);

    private IEnumerable<Finding> Unfit() => _order.Where(IsUnfit).Select(name => new Finding(
        Severity.Warning,
        "variable-too-long",
        $"{_variables[name].Place}: {name}: a kernel keeps names and values of up to {LongestPart - 1} bytes, "
        + "and drops longer ones: it is not given to the kernel"));

    private static string[] Split(string? list) =>
        (list ?? "").Split([';', ',', ' '], StringSplitOptions.RemoveEmptyEntries);
}
