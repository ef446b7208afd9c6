using Baton.Cli;
using Baton.Cli.Commands;
using Baton.Cli.Init;
using Baton.Linux;

// A terminal sends the base library to its description, which may lie in the home directory; without HOME it asks the
// user database, and neither a bare initramfs nor a static C library is sure to have one.
if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("HOME")))
{
    Environment.SetEnvironmentVariable("HOME", "/");
}

// Who starts this program may have closed them: cron, an init, a script's "<&-".
StandardStreams.Occupy();

// Not Console.In, which would take the terminal out of its own line editing.
using StreamReader input = new(Console.OpenStandardInput());
CommandEnvironment environment = new()
{
    Name = Path.GetFileName(Environment.GetCommandLineArgs()[0]) == KloadCommand.Name ? KloadCommand.Name : Application.Name,
    Input = input,
    Output = Console.Out,
    Error = Console.Error,
    OutputIsTerminal = !Console.IsOutputRedirected,
    ErrorIsTerminal = !Console.IsErrorRedirected,
    TerminalIsDumb = Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb",
};
return InitProcess.Applies
    ? InitProcess.Run(args, environment, command => Application.Run(command, environment))
    : Application.Run(args, environment);
