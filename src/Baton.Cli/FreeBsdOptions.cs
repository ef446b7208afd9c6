using System.CommandLine;
using System.CommandLine.Parsing;

namespace Baton.Cli;

/// <summary>What the user said about a FreeBSD kernel.</summary>
/// <param name="Root">A FreeBSD root or its /boot; null for none.</param>
/// <param name="Modules">Files to preload, each with the kind of file behind a colon unless it is a module.</param>
/// <param name="Environment">Variables as <c>name=value</c>.</param>
/// <param name="Flags">Boot flags as letters.</param>
/// <param name="IsStrict">Whether a malformed line or a missing module of the root's files is an error.</param>
internal sealed record FreeBsdRequestOptions(
    string? Root, IReadOnlyList<string> Modules, IReadOnlyList<string> Environment, string Flags, bool IsStrict = false)
{
    /// <summary>What the command line says, as the loader's command <c>boot</c> would be given it.</summary>
    public string Arguments { get; init; } = "";

    /// <summary>The kernel's file; null where the root's settings choose it.</summary>
    public string? Kernel { get; init; }

    /// <summary>Whether the handoff may be carried out in any later boot, and not just in the next one.</summary>
    public bool IsForLaterBoots { get; init; }

    public static FreeBsdRequestOptions None { get; } = new(null, [], [], "");

    /// <summary>The option that was given and means nothing to another kernel; null when none was.</summary>
    public string? Given => Root is not null ? "--freebsd"
        : Modules.Count > 0 ? "--module"
        : Environment.Count > 0 ? "--env"
        : Flags.Length > 0 ? "--boot-flags"
        : IsStrict ? "--strict"
        : null;
}

/// <summary>The options that only a FreeBSD kernel has.</summary>
internal sealed class FreeBsdOptions
{
    private readonly Option<string?> _root = new("--freebsd")
    {
        Description = "FreeBSD: take kernel, modules and settings from a root file system or its /boot folder",
        HelpName = "ROOT",
    };

    private readonly Option<string[]> _modules = new("--module")
    {
        Description = "FreeBSD: preload a module, or another file with its type: mfsroot.img:md_image",
        HelpName = "FILE[:TYPE]",
    };

    private readonly Option<string[]> _environment = new("--env")
    {
        Description = "FreeBSD: set a variable of the kernel's environment",
        HelpName = "NAME=VALUE",
    };

    private readonly Option<string?> _flags = new("--boot-flags")
    {
        Description = "FreeBSD: boot flags, e.g. -sv for single user and verbose",
        HelpName = "FLAGS",
    };

    private readonly Option<bool> _strict = CreateStrict();

    /// <summary>Makes the option <c>--strict</c>.</summary>
    public static Option<bool> CreateStrict() => new("--strict")
    {
        Description = "FreeBSD: refuse a root whose loader.conf has malformed lines or modules that are missing",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_root.RefuseEmpty());
        command.Add(_modules.RefuseEmpty());
        command.Add(_environment);
        command.Add(_flags);
        command.Add(_strict);
        command.Validators.Add(result =>
        {
            if (result.ValueIfRight(_strict) && !HasRoot(result))
            {
                result.AddError("--strict is about the files of --freebsd ROOT");
            }
        });
    }

    /// <summary>Whether a root was given, which has a kernel.</summary>
    public bool HasRoot(CommandResult result) => result.IsGiven(_root);

    /// <summary>Reads the values.</summary>
    public FreeBsdRequestOptions Read(ParseResult parsed) => new(
        parsed.GetValue(_root),
        parsed.GetValue(_modules) ?? [],
        parsed.GetValue(_environment) ?? [],
        parsed.GetValue(_flags) ?? "",
        parsed.GetValue(_strict));
}
