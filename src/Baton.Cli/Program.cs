using Baton.Cli;
using Baton.Cli.Init;

// A terminal sends the base library to its description, which may lie in the home directory; without HOME it asks the
// user database, and neither a bare initramfs nor a static C library is sure to have one.
if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("HOME")))
{
    Environment.SetEnvironmentVariable("HOME", "/");
}

CommandEnvironment environment = new()
{
    Output = Console.Out,
    Error = Console.Error,
    OutputIsTerminal = !Console.IsOutputRedirected,
    ErrorIsTerminal = !Console.IsErrorRedirected,
};
return InitProcess.Applies
    ? InitProcess.Run(args, environment, command => Application.Run(command, environment))
    : Application.Run(args, environment);
