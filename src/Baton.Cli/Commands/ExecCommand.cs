using System.CommandLine;
using Baton.Linux;
using Baton.Linux.Gathers;
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

        string? nextBoot = LoadedRecord.Read()?.NextBoot;
        void DisableNextBoot() => NextBootFile.Disable(nextBoot, environment);
        return !departure.Now && SystemdUnits.IsInit
            ? HandToSystemd(environment, DisableNextBoot)
            : Leave(departure, environment, DisableNextBoot, last: () => { });
    }

    /// <summary>Shuts down as far as is asked for, and jumps from this process.</summary>
    /// <param name="departure">How.</param>
    /// <param name="environment">Where it is told.</param>
    /// <param name="lastWrites">Done before any process is ended and any disk is written out.</param>
    /// <param name="last">Done just before the jump.</param>
    internal static int Leave(Departure departure, CommandEnvironment environment, Action lastWrites, Action last)
    {
        if (JumpRights.Obstacle() is { } obstacle)
        {
            throw new CommandException(ExitCode.NoPermission, $"this process may not jump: {obstacle}");
        }

        using Uninterrupted? uninterrupted = departure.Now ? null : new Uninterrupted();
        using OutOfMemory.Spared? spared = departure.Now ? null : OutOfMemory.SpareThisProcess();
        if (!departure.Now && SystemdUnits.IsInit)
        {
            return LeaveSystemd(environment, lastWrites, last);
        }

        lastWrites();
        if (!departure.Now)
        {
            new OrderlyShutdown(environment.Error, environment.Name).Run();
        }
        else if (departure.Sync)
        {
            Jump.SyncDisks();
        }

        return JumpAfter(last, environment.Error);
    }

    private static int JumpAfter(Action last, TextWriter error)
    {
        error.Flush();
        last();
        Jump.Now();
        return ExitCode.OsError;
    }

    /// <summary>systemd stops its units; what is left of the shutdown, and the jump, are this process's.</summary>
    private static int LeaveSystemd(CommandEnvironment environment, Action lastWrites, Action last)
    {
        SystemdUnits units = new(Systemctl.Run);
        try
        {
            units.Stop();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(
                ExitCode.OsError, $"{e.Message}; nothing was stopped, nothing is loaded, and --now jumps without systemd", e);
        }

        lastWrites();
        KernelLog log = new(environment.Error);
        log.WriteLine($"{environment.Name}: systemd is PID 1 and stops its units in order; this process stays and jumps then");
        try
        {
            units.AwaitStopped();
            new OrderlyShutdown(log, environment.Name).Run();
            return JumpAfter(last, log);
        }
        catch (Exception e)
        {
            log.WriteLine($"{environment.Name}: {e.Message}; the units are stopped, so the machine is restarted");
            units.Restart();
            throw;
        }
    }

    /// <summary>systemd stops its units and makes the jump itself, at the end of its shutdown.</summary>
    /// <param name="environment">Where it is told.</param>
    /// <param name="whenTaken">Done when systemd has taken it on: no unit has been stopped yet that a file needs.</param>
    private static int HandToSystemd(CommandEnvironment environment, Action whenTaken)
    {
        environment.Error.WriteLine(
            $"{environment.Name}: systemd is PID 1 and will shut down in order and jump: systemctl kexec");
        int status;
        try
        {
            status = Systemctl.Run("kexec");
        }
        catch (IOException e)
        {
            throw new CommandException(
                ExitCode.OsError, $"{e.Message}; the kernel is still loaded, and --now jumps without systemd", e);
        }

        if (status != 0)
        {
            throw new CommandException(
                ExitCode.OsError, $"systemctl kexec failed with exit status {status}; the kernel is still loaded");
        }

        whenTaken();
        return ExitCode.Ok;
    }
}
