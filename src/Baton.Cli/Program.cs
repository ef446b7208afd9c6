using Baton.Cli;
using Baton.Cli.Init;

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
