using System.CommandLine;
using System.CommandLine.Parsing;

namespace Baton.Cli;

/// <summary>What kload is to do.</summary>
internal enum KloadTask
{
    /// <summary>Load; a later jump executes it.</summary>
    Load,

    /// <summary>Load and jump at once: <c>-e</c>.</summary>
    ExecuteNow,

    /// <summary>Load, end all processes, and jump at the end of the orderly shutdown: <c>-r</c>.</summary>
    Reboot,

    /// <summary>Forget what is loaded: <c>-u</c>.</summary>
    Unload,

    /// <summary>Show what would be loaded: <c>-n</c>.</summary>
    Show,
}

/// <summary>What the user asked kload for.</summary>
/// <param name="Task">What to do.</param>
/// <param name="FreeBsd">The root, the variables, and how they are read.</param>
/// <param name="Machine">A machine record in place of the running system, for <see cref="KloadTask.Show"/> alone.</param>
/// <param name="IsProved">Whether the handoff is proved before it is loaded.</param>
internal sealed record KloadRequest(KloadTask Task, FreeBsdRequestOptions FreeBsd, string? Machine, bool IsProved);

/// <summary>The options of kload.</summary>
internal sealed class KloadOptions
{
    private readonly Option<string[]> _variables = new("-k")
    {
        Description = "set a variable of the kernel's environment, over what the root's files say; may be repeated",
        HelpName = "name=value",
    };

    private readonly Option<string> _root = new("-h")
    {
        Description = "the root file system, or its /boot folder",
        HelpName = "root",
        DefaultValueFactory = _ => "/",
    };

    private readonly Option<bool> _execute = new("-e") { Description = "execute now: nobody is told, nothing is unmounted" };

    private readonly Option<bool> _reboot = new("-r")
    {
        Description = "signal all processes and go through the orderly shutdown, then execute",
    };

    private readonly Option<bool> _unload = new("-u") { Description = "unload what is loaded" };

    private readonly Option<bool> _show = new("-n") { Description = "show what would be loaded, where and why; changes nothing" };

    private readonly Option<string?> _machine = MachineOption.Create();

    private readonly Option<bool> _strict = FreeBsdOptions.CreateStrict();

    private readonly ProofOption _proof = new();

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_variables);
        command.Add(_root.RefuseEmpty());
        command.Add(_execute);
        command.Add(_reboot);
        command.Add(_unload);
        command.Add(_show);
        command.Add(_strict);
        command.Add(_machine);
        _proof.AddTo(command);
        command.Validators.Add(Check);
    }

    /// <summary>Reads the values.</summary>
    public KloadRequest Read(ParseResult parsed) => new(
        parsed.GetValue(_execute) ? KloadTask.ExecuteNow
            : parsed.GetValue(_reboot) ? KloadTask.Reboot
            : parsed.GetValue(_unload) ? KloadTask.Unload
            : parsed.GetValue(_show) ? KloadTask.Show
            : KloadTask.Load,
        new FreeBsdRequestOptions(
            parsed.GetValue(_root), [], parsed.GetValue(_variables) ?? [], "", parsed.GetValue(_strict)),
        parsed.GetValue(_machine),
        _proof.IsWanted(parsed));

    private void Check(CommandResult result)
    {
        Option<bool>[] given = [.. new[] { _execute, _reboot, _unload, _show }.Where(option => result.ValueIfRight(option))];
        if (given.Length > 1)
        {
            result.AddError($"{string.Join(" and ", given.Select(option => option.Name))} exclude each other");
        }

        if (result.ValueIfRight(_unload)
            && (result.IsGiven(_variables) || result.IsGiven(_root) || result.IsGiven(_strict) || _proof.IsGiven(result)))
        {
            result.AddError(
                $"-u unloads whatever is loaded: it takes neither -k, -h, {_strict.Name} nor {ProofOption.None}");
        }

        if (result.ValueIfRight(_show) && _proof.IsGiven(result))
        {
            result.AddError($"-n shows the plan and proves nothing: it does not take {ProofOption.None}");
        }

        if (result.IsGiven(_machine) && !result.ValueIfRight(_show))
        {
            result.AddError("--machine is for -n alone: nothing can be loaded on a machine that is a record");
        }

        foreach (string variable in result.ValueIfRight(_variables) ?? [])
        {
            if (!IsAssignment(variable))
            {
                result.AddError(
                    $"-k {variable}: expected name=value, the name of letters, digits and \"_\", \"-\", \".\" or \":\"");
            }
        }
    }

    private static bool IsAssignment(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && text[..equals].All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or ':');
    }
}
