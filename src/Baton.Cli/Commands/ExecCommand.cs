using System.CommandLine;
using Baton.Linux;
using Baton.Linux.Gathers;
using Baton.Linux.Kexec;
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
        if (LoadedNow.Read() != true)
        {
            throw new CommandException(ExitCode.Unavailable, "no kernel is loaded; \"baton load\" first");
        }

        if (ListMark.IsOfDead(LoadedRecord.Folder))
        {
            throw new CommandException(
                ExitCode.Unavailable,
                "this machine does not jump: a gather has ended and left its list loaded, which leads nowhere without that "
                + "process; \"baton unload\", then load again");
        }

        NextBootFile nextBoot = new(LoadedRecord.Read()?.NextBoot, environment);
        return !departure.Now && SystemdUnits.IsInit
            ? HandToSystemd(environment, nextBoot)
            : Leave(departure, environment, nextBoot, new NoLastSteps());
    }

    /// <summary>Refuses what could not end in a jump.</summary>
    /// <exception cref="CommandException">The kernel does not jump for this process.</exception>
    internal static void DemandRights()
    {
        if (JumpRights.Obstacle() is { } obstacle)
        {
            throw new CommandException(ExitCode.NoPermission, $"this process may not jump: {obstacle}");
        }
    }

    /// <summary>Shuts down as far as is asked for, and jumps from this process.</summary>
    /// <param name="departure">How.</param>
    /// <param name="environment">Where it is told.</param>
    /// <param name="nextBoot">Disabled before any process is ended; with --now, when all is loaded.</param>
    /// <param name="steps">What is to be done before and behind that.</param>
    internal static int Leave(
        Departure departure, CommandEnvironment environment, NextBootFile nextBoot, ILastSteps steps)
    {
        DemandRights();
        Uninterrupted? uninterrupted = null;
        OutOfMemory.Spared? spared = null;
        SystemdUnits? stopped = null;
        TextWriter log = environment.Error;
        try
        {
            if (departure.Now)
            {
                return LeaveNow(departure.Sync, environment, nextBoot, steps);
            }

            steps.Rehearse();
            uninterrupted = new Uninterrupted();
            spared = OutOfMemory.SpareThisProcess();
            if (SystemdUnits.IsInit)
            {
                // What is left of the shutdown, and the jump, are this process's.
                stopped = StopUnits();
                log = new KernelLog(environment.Error);
                log.WriteLine(
                    $"{environment.Name}: systemd is PID 1 and stops its units in order; this process stays and jumps then");
            }

            nextBoot.Disable();
            stopped?.AwaitStopped();
            new OrderlyShutdown(log, environment.Name).Run();
            log.Flush();
            steps.Load();
            return LookAndJump(steps);
        }
        catch (Exception e)
        {
            // Nothing is left loaded for whoever restarts the machine.
            Exception? told = Told(e, nextBoot, steps, log);
            if (stopped is not null)
            {
                log.WriteLine(
                    $"{environment.Name}: {(told ?? e).Message}; the units are stopped, so the machine is restarted");
                stopped.Restart();
            }

            if (told is not null)
            {
                throw told;
            }

            throw;
        }
        finally
        {
            spared?.Dispose();
            uninterrupted?.Dispose();
        }
    }

    private static int LeaveNow(bool isSynced, CommandEnvironment environment, NextBootFile nextBoot, ILastSteps steps)
    {
        if (isSynced)
        {
            Jump.SyncDisks();
        }

        environment.Error.Flush();
        steps.Load();

        // Nothing but the jump is left. Who ends this process meanwhile has it put back (GatherGuard).
        nextBoot.Disable();
        return LookAndJump(steps);
    }

    private static int LookAndJump(ILastSteps steps)
    {
        steps.Look();

        // Who was in the kernel's kexec may have loaded something in the place of what these steps have.
        Jump.Now(again: steps.Load);
        return ExitCode.OsError;
    }

    private static SystemdUnits StopUnits()
    {
        SystemdUnits units = new(Systemctl.Run);
        try
        {
            units.Stop();
            return units;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.OsError, $"{e.Message}; nothing was stopped, and --now jumps without systemd", e);
        }
    }

    /// <summary>Gives up, and tells what has become of what was loaded behind what went wrong.</summary>
    /// <returns>What is told; null when there is nothing beside what went wrong.</returns>
    private static Exception? Told(Exception wrong, NextBootFile nextBoot, ILastSteps steps, TextWriter log)
    {
        string? left = steps.Abandon();
        nextBoot.PutBack(log);
        return left is null ? null
            : Application.ExitCodeOf(wrong) is { } code ? new CommandException(code, $"{wrong.Message}; {left}", wrong)
            : new InvalidOperationException($"{wrong.Message}; {left}", wrong);
    }

    /// <summary>systemd stops its units and makes the jump itself, at the end of its shutdown.</summary>
    /// <param name="environment">Where it is told.</param>
    /// <param name="nextBoot">Disabled when systemd has taken it on: no unit has been stopped yet that a file needs.</param>
    private static int HandToSystemd(CommandEnvironment environment, NextBootFile nextBoot)
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

        nextBoot.Disable();
        return ExitCode.Ok;
    }
}
