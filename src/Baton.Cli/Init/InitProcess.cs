using Baton.Linux;
using Baton.Linux.Mounts;

namespace Baton.Cli.Init;

/// <summary>
/// Baton as PID 1, the only program of an initramfs: mounts what the kernel offers and runs its commands. When it ends
/// the kernel panics, and <c>panic=</c> on its command line says what happens then.
/// </summary>
internal static class InitProcess
{
    /// <summary>What each line begins with, for those who watch the console.</summary>
    public const string Mark = "baton: init: ";

    /// <summary>Whether the kernel started this process. In a container PID 1 finds a <c>/proc</c>; here it does not.</summary>
    public static bool Applies => Environment.ProcessId == 1 && !KernelFileSystems.AreThere;

    /// <summary>Runs the commands until one fails.</summary>
    /// <returns>The exit status of the last.</returns>
    public static int Run(
        IReadOnlyList<string> arguments, CommandEnvironment environment, Func<IReadOnlyList<string>, int> command)
    {
        try
        {
            KernelFileSystems.MountMissing();
        }
        catch (Exception e) when (e is SystemCallException or IOException or UnauthorizedAccessException)
        {
            environment.Error.WriteLine(Mark + e.Message);
            return ExitCode.OsError;
        }

        IReadOnlyList<IReadOnlyList<string>> commands = Commands(arguments);
        if (commands.Count == 0)
        {
            environment.Error.WriteLine(
                $"{Mark}no command: give one on the kernel's command line behind \"--\", or in /{InitCommands.File}");
            return ExitCode.Usage;
        }

        int status = ExitCode.Ok;
        foreach (IReadOnlyList<string> next in commands)
        {
            environment.Error.WriteLine(Mark + string.Join(' ', next));
            status = command(next);
            if (status != ExitCode.Ok)
            {
                environment.Error.WriteLine($"{Mark}{next[0]} failed with exit status {status}");
                return status;
            }
        }

        environment.Error.WriteLine($"{Mark}nothing is left to do");
        return status;
    }

    private static IReadOnlyList<IReadOnlyList<string>> Commands(IReadOnlyList<string> arguments)
    {
        string file = "/" + InitCommands.File;
        if (File.Exists(file))
        {
            return InitCommands.Read(File.ReadAllText(file));
        }

        IReadOnlyList<string> command = InitCommands.Behind(arguments, File.ReadAllText("/proc/cmdline").TrimEnd('\n'));
        return command.Count > 0 ? [command] : [];
    }
}
