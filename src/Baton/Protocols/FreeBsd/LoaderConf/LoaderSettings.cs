using Baton.Handoffs;

namespace Baton.Protocols.FreeBsd.LoaderConf;

/// <summary>Where a setting was made.</summary>
/// <param name="File">The file's path in the root.</param>
/// <param name="Line">Counted from 1.</param>
public readonly record struct LoaderPlace(string File, int Line)
{
    public override string ToString() => $"{File}:{Line}";
}

/// <summary>A variable that a configuration file has set.</summary>
/// <param name="Value">Its value.</param>
/// <param name="Place">Where the last one to set it did so.</param>
public sealed record LoaderVariable(string Value, LoaderPlace Place);

/// <summary>What the configuration files say of one module.</summary>
public sealed record LoaderModule
{
    /// <summary>The name in front of <c>_load</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is to be loaded.</summary>
    public bool Load { get; init; }

    /// <summary>Its file, or what to look for; null for <see cref="Name"/>.</summary>
    public string? File { get; init; }

    /// <summary>The kind of file; null for a module.</summary>
    public string? Type { get; init; }

    /// <summary>Its arguments; null for none.</summary>
    public string? Flags { get; init; }

    /// <summary>Commands of the loader, which are not carried out here; null for none.</summary>
    public LoaderVariable? Before { get; init; }
    public LoaderVariable? After { get; init; }
    public LoaderVariable? Error { get; init; }

    /// <summary>Where <see cref="Load"/> was set last; else where the module was first named.</summary>
    public LoaderPlace Place { get; init; }

    /// <summary>What to look for.</summary>
    public string Wanted => string.IsNullOrEmpty(File) ? Name : File;
}

/// <summary>All that the configuration files of a FreeBSD root say, in the order in which they say it.</summary>
public sealed class LoaderSettings
{
    private const string DefaultModulePath = "/boot/kernel;/boot/modules";

    private readonly List<string> _order = [];
    private readonly Dictionary<string, LoaderVariable> _variables = new(StringComparer.Ordinal);
    private readonly List<LoaderModule> _modules = [];
    private readonly List<Finding> _findings = [];

    /// <summary>The names of the variables, in the order in which they were first set.</summary>
    public IReadOnlyList<string> Names => _order;

    /// <summary>All modules that were named, in order; see <see cref="Wanted"/>.</summary>
    public IReadOnlyList<LoaderModule> Modules => _modules;

    /// <summary>What was noticed: malformed lines, commands that are not carried out.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>The files that were read, in order.</summary>
    public IReadOnlyList<string> Files { get; internal set; } = [];

    /// <summary>The nextboot.conf that was in force: whoever starts the kernel must disable it. Null when none was.</summary>
    public string? NextBootFile { get; internal set; }

    /// <summary>A variable's value; null when no file sets it.</summary>
    public string? this[string name] => _variables.TryGetValue(name, out LoaderVariable? variable) ? variable.Value : null;

    /// <summary>The names of modules that must not be loaded.</summary>
    public IReadOnlyList<string> Blacklist => Split(this["module_blacklist"]);

    /// <summary>The modules to load, in order, without those that are blacklisted.</summary>
    public IEnumerable<LoaderModule> Wanted =>
        _modules.Where(module => module.Load && !Blacklist.Contains(module.Name, StringComparer.Ordinal));

    /// <summary>Directories in which modules are sought, the chosen kernel's not included.</summary>
    public IReadOnlyList<string> ModulePath =>
        (this["module_path"] ?? DefaultModulePath).Split(
            ';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

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

    /// <summary>The variables as the kernel is given them.</summary>
    public KernelEnvironment ToEnvironment()
    {
        KernelEnvironment environment = new();
        foreach (string name in _order)
        {
            environment.Set(name, _variables[name].Value);
        }

        return environment;
    }

    /// <summary>Sets a variable; others that its value names are put in.</summary>
    internal void Set(string name, string value, LoaderPlace place)
    {
        if (!_variables.ContainsKey(name))
        {
            _order.Add(name);
        }

        _variables[name] = new LoaderVariable(Expand(value), place);
    }

    internal void Change(string name, LoaderPlace place, Func<LoaderModule, LoaderModule> change)
    {
        int index = _modules.FindIndex(module => module.Name == name);
        if (index < 0)
        {
            index = _modules.Count;
            _modules.Add(new LoaderModule { Name = name, Place = place });
        }

        _modules[index] = change(_modules[index]);
    }

    /// <summary>Says that a command is not carried out that FreeBSD's loader would carry out.</summary>
    /// <param name="command">The command; one that is null or empty is none.</param>
    /// <param name="when">When the loader would do so, in words; empty for at once.</param>
    internal static Finding? PassedOver(LoaderVariable? command, string when) =>
        string.IsNullOrWhiteSpace(command?.Value) ? null : new Finding(
            Severity.Warning,
            "loader-command",
            $"{command.Place}: the loader's command \"{LoaderConfReader.Show(command.Value)}\" is not carried out"
            + (when.Length > 0 ? $" ({when})" : ""));

    internal void Note(Finding? finding) => _findings.AddRange(finding is null ? [] : [finding]);

    internal void Note(Severity severity, string id, string text) => _findings.Add(new Finding(severity, id, text));

    /// <summary>Puts values in for <c>$name</c> and <c>${name}</c>; one that is not set is nothing.</summary>
    private string Expand(string value)
    {
        System.Text.StringBuilder text = new();
        for (int i = 0; i < value.Length; i++)
        {
            int start = i + (i + 1 < value.Length && value[i + 1] == '{' ? 2 : 1);
            int end = start;
            while (end < value.Length && (char.IsAsciiLetterOrDigit(value[end]) || value[end] is '_' or '.' or '-'))
            {
                end++;
            }

            bool isBraced = start == i + 2;
            if (value[i] != '$' || end == start || (isBraced && (end == value.Length || value[end] != '}')))
            {
                text.Append(value[i]);
                continue;
            }

            text.Append(this[value[start..end]] ?? "");
            i = isBraced ? end : end - 1;
        }

        return text.ToString();
    }

    private static string[] Split(string? list) =>
        (list ?? "").Split([';', ',', ' '], StringSplitOptions.RemoveEmptyEntries);
}
