using System.Text.Json;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;
using Baton.Protocols.FreeBsd;
using Baton.Protocols.FreeBsd.LoaderConf;

namespace Baton.Reports;

/// <summary>A kernel of a FreeBSD root.</summary>
/// <param name="Path">Its path as FreeBSD has it.</param>
/// <param name="IsChosen">Whether it is the one that the settings choose.</param>
/// <param name="Kernel">What it is; null when it cannot be read.</param>
/// <param name="Problem">Why it cannot be read; null when it can.</param>
public sealed record FreeBsdRootKernel(string Path, bool IsChosen, FreeBsdKernelFile? Kernel, string? Problem);

/// <summary>A FreeBSD root: its kernels, and what its configuration files say, each with its place.</summary>
/// <param name="Name">The root's path.</param>
/// <param name="Kernels">The kernels found.</param>
/// <param name="Settings">The settings.</param>
/// <param name="Modules">What would be preloaded behind the chosen kernel; null when there is none to ask for.</param>
/// <param name="Root">The root file system by fstab; null when it names none.</param>
public sealed record FreeBsdRootView(
    string Name,
    IReadOnlyList<FreeBsdRootKernel> Kernels,
    LoaderSettings Settings,
    ModuleSearch? Modules,
    (string MountFrom, string Options)? Root)
{
    /// <summary>What was noticed, in the files and in the search for modules.</summary>
    public IReadOnlyList<Finding> Findings => [.. Settings.Findings, .. Modules?.Findings ?? []];

    /// <summary>What became of a module that a configuration file names.</summary>
    public string StateOf(LoaderModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return !module.Load ? "not asked for"
            : Modules?.States.GetValueOrDefault(module.Name) ?? "asked for";
    }
}

/// <summary>A FreeBSD root as tables and in JSON.</summary>
public static class FreeBsdRootReport
{
    /// <summary>The report for people.</summary>
    public static Report Of(FreeBsdRootView root)
    {
        ArgumentNullException.ThrowIfNull(root);
        return new Report(
            $"{root.Name}: a FreeBSD root",
            [
                new ReportSection(
                    "Kernels",
                    ["Kernel", "Chosen", "Architecture", "Version"],
                    [
                        .. root.Kernels.Select(kernel => (IReadOnlyList<string>)
                        [
                            kernel.Path,
                            kernel.IsChosen ? "yes" : "",
                            kernel.Kernel is { } file ? Words.Of(file.Architecture) : "",
                            kernel.Problem ?? kernel.Kernel?.Version ?? "not given",
                        ]),
                    ]),
                new ReportSection(
                    "Preloaded behind the chosen kernel",
                    ["File", "Type", "Needs"],
                    [
                        .. (root.Modules?.Loaded ?? []).Select(found => (IReadOnlyList<string>)
                        [
                            found.Path,
                            found.Type ?? "module",
                            string.Join("; ", found.Module?.Dependencies.Select(need => need.Name) ?? []),
                        ]),
                    ]),
                new ReportSection(
                    "Modules in the configuration",
                    ["Module", "State", "File and line"],
                    [
                        .. root.Settings.Modules.Select(module => (IReadOnlyList<string>)
                            [module.Name, root.StateOf(module), module.Place.ToString()]),
                    ]),
                .. Commands(root),
                new ReportSection(
                    "Settings",
                    ["Variable", "Value", "File and line"],
                    [
                        .. root.Settings.Names.Select(name => (root.Settings.Find(name)!, name)).Select(setting =>
                            (IReadOnlyList<string>)
                            [
                                setting.name,
                                SecretVariables.Shown(setting.name, setting.Item1.Value),
                                setting.Item1.Place.ToString(),
                            ]),
                    ]),
                new ReportSection(
                    "Root file system",
                    [],
                    [
                        root.Root is { } fstab
                            ? ["/etc/fstab", $"{fstab.MountFrom} ({fstab.Options})"]
                            : ["/etc/fstab", "names none"],
                    ]),
            ],
            root.Findings);
    }

    /// <summary>The section of the loader's commands; none where there is none.</summary>
    private static IEnumerable<ReportSection> Commands(FreeBsdRootView root)
    {
        IReadOnlyList<string>[] rows =
        [
            .. root.Settings.Modules.SelectMany(module => module.Commands).Select(command =>
                (IReadOnlyList<string>)[command.Setting, command.Text, command.Place.ToString()]),
        ];
        if (rows.Length > 0)
        {
            yield return new ReportSection(
                "Commands of FreeBSD's loader, which are not carried out", ["Setting", "Command", "File and line"], rows);
        }
    }

    /// <summary>Writes the root's properties into an object that the caller has started.</summary>
    public static void WriteJson(Utf8JsonWriter json, FreeBsdRootView root)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(root);
        json.WriteString("file", root.Name);
        json.WriteString("kind", "freebsd-root");
        json.WriteStartArray("kernels");
        foreach (FreeBsdRootKernel kernel in root.Kernels)
        {
            json.WriteStartObject();
            json.WriteString("path", kernel.Path);
            json.WriteBoolean("chosen", kernel.IsChosen);
            json.WriteString("architecture", kernel.Kernel is { } file ? Words.Of(file.Architecture) : null);
            json.WriteString("version", kernel.Kernel?.Version);
            json.WriteString("problem", kernel.Problem);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("preloaded");
        foreach (FoundModule found in root.Modules?.Loaded ?? [])
        {
            json.WriteStartObject();
            json.WriteString("path", found.Path);
            json.WriteString("type", found.Type ?? "module");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("modules");
        foreach (LoaderModule module in root.Settings.Modules)
        {
            json.WriteStartObject();
            json.WriteString("name", module.Name);
            json.WriteString("state", root.StateOf(module));
            WritePlace(json, module.Place);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("commands");
        foreach (LoaderCommand command in root.Settings.Modules.SelectMany(module => module.Commands))
        {
            json.WriteStartObject();
            json.WriteString("name", command.Setting);
            json.WriteString("value", command.Text);
            WritePlace(json, command.Place);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("settings");
        foreach (string name in root.Settings.Names)
        {
            LoaderVariable variable = root.Settings.Find(name)!;
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("value", SecretVariables.Shown(name, variable.Value));
            WritePlace(json, variable.Place);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("fstab_root", root.Root?.MountFrom);
        FindingsJson.Write(json, root.Findings);
    }

    private static void WritePlace(Utf8JsonWriter json, LoaderPlace place)
    {
        json.WriteString("file", place.File);
        json.WriteNumber("line", place.Line);
    }
}
