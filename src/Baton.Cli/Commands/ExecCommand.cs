using System.CommandLine;
using System.Diagnostics;
using Baton.Linux;
using Baton.Linux.Power;

namespace Baton.Cli.Commands;

/// <summary>How a machine is left.</summary>
/// <param name="Now">Without ending processes or unmounting anything.</param>
/// <param name="Sync">Whether dirty pages are written to their disks first.</param>
internal sealed record Departure(bool Now, bool Sync);

/// <summary><c>baton exec</c>: jumps to the loaded kernel.</summary>
internal static class ExecCommand
{
    public static Command Create(CommandEnvironment environment)
    {
        DepartureOptions options = new();
        Command command = new("exec", "Jump to the loaded kernel, after an orderly shutdown unless --now is given");
        options.AddTo(command);
        command.SetAction(parsed => Run(options.Read(parsed), environment));
        return command;
    }

    internal static int Run(Departure departure, CommandEnvironment environment)
    {
        // Asked before anything is ended: a jump that cannot happen must not cost the machine its processes.
        if (LiveMachine.Read().Kexec.Loaded != true)
        {
            throw new CommandException(ExitCode.Unavailable, "no kernel is loaded; \"baton load\" first");
        }

        if (LoadedRecord.Read()?.NextBoot is { } file)
        {
            NextBootFile.Disable(file, environment);
        }

        return !departure.Now && IsUnderSystemd ? HandToSystemd(environment) : Leave(departure, environment, () => { });
    }

    /// <summary>Whether systemd shuts this machine down: it ends this process before the jump.</summary>
    internal static bool IsUnderSystemd => Directory.Exists("/run/systemd/system") && Environment.ProcessId != 1;

    /// <summary>Shuts down as far as is asked for, and jumps from this process.</summary>
    /// <param name="departure">How.</param>
    /// <param name="environment">Where it is told.</param>
    /// <param name="last">Done just before the jump.</param>
    internal static int Leave(Departure departure, CommandEnvironment environment, Action last)
    {
        if (JumpRights.Obstacle() is { } obstacle)
        {
            throw new CommandException(ExitCode.NoPermission, $"this process may not jump: {obstacle}");
        }

        environment = environment.Unfailing;
        using Uninterrupted? uninterrupted = departure.Now ? null : new Uninterrupted();
        if (!departure.Now)
        {
            OrderlyShutdown shutdown = new(environment.Error, environment.Name);
            shutdown.EndProcesses();
            shutdown.QuietFileSystems();
        }
        else if (departure.Sync)
        {
            Jump.SyncDisks();
        }

        environment.Error.Flush();
        last();
        Jump.Now();
        return ExitCode.OsError;
    }

    /// <summary>systemd stops its units and makes the jump itself, at the end of its shutdown.</summary>
    private static int HandToSystemd(CommandEnvironment environment)
    {
        environment.Error.WriteLine(
            $"{environment.Name}: systemd is PID 1 and will shut down in order and jump: systemctl kexec");
        ProcessStartInfo start = new("systemctl") { ArgumentList = { "kexec" } };
        using Process process = Process.Start(start)
            ?? throw new CommandException(ExitCode.OsError, "systemctl could not be started");
        process.WaitForExit();
        return process.ExitCode == 0
            ? ExitCode.Ok
            : throw new CommandException(
                ExitCode.OsError,
                $"systemctl kexec failed with exit status {process.ExitCode}; the kernel is still loaded");
    }
}
