using System.Text;

namespace Baton.Cli.Init;

/// <summary>
/// What baton does when it is <c>/init</c>: the commands of the file <c>/baton.commands</c>, or else the one command
/// that stands behind <c>--</c> on the kernel's command line.
/// </summary>
internal static class InitCommands
{
    /// <summary>The file: an argument a line, an empty line between commands.</summary>
    public const string File = "baton.commands";

    /// <summary>The file's content for some commands.</summary>
    /// <exception cref="ArgumentException">An argument is empty or has more than one line.</exception>
    public static byte[] Write(IEnumerable<IReadOnlyList<string>> commands)
    {
        StringBuilder text = new();
        foreach (IReadOnlyList<string> command in commands)
        {
            foreach (string argument in command)
            {
                if (argument.Length == 0 || argument.Contains('\n', StringComparison.Ordinal))
                {
                    throw new ArgumentException($"\"{argument}\" is not one line", nameof(commands));
                }

                text.Append(argument).Append('\n');
            }

            text.Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>The commands of a file's content.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Read(string text)
    {
        List<IReadOnlyList<string>> commands = [];
        List<string> command = [];
        foreach (string line in text.Split('\n'))
        {
            if (line.Length > 0)
            {
                command.Add(line);
            }
            else if (command.Count > 0)
            {
                commands.Add(command);
                command = [];
            }
        }

        if (command.Count > 0)
        {
            commands.Add(command);
        }

        return commands;
    }

    /// <summary>The command among the arguments that the kernel gave.</summary>
    /// <param name="arguments">
    /// Words of the command line that the kernel does not know, then what stands behind <c>--</c>.
    /// </param>
    /// <param name="commandLine">The kernel's command line.</param>
    public static IReadOnlyList<string> Behind(IReadOnlyList<string> arguments, string commandLine)
    {
        int dashes = $" {commandLine} ".IndexOf(" -- ", StringComparison.Ordinal);
        if (dashes < 0)
        {
            return [];
        }

        // The words before it come first, in order, those that the kernel knows left out.
        Queue<string> before = new(commandLine[..Math.Max(0, dashes - 1)].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        int first = 0;
        while (first < arguments.Count && Skip(before, arguments[first]))
        {
            first++;
        }

        return [.. arguments.Skip(first)];
    }

    private static bool Skip(Queue<string> words, string word)
    {
        while (words.TryDequeue(out string? next))
        {
            if (next.Trim('"') == word)
            {
                return true;
            }
        }

        return false;
    }
}
