namespace Baton.Tests.Cli;

/// <summary>A session of docs/step.md: what is typed, and all that the manual shows.</summary>
/// <param name="Commands">What is typed, a command a line.</param>
/// <param name="Text">What is on the terminal in the end.</param>
internal sealed record ManualSession(string Commands, string Text)
{
    /// <summary>What stands in front of each command.</summary>
    public const string Prompt = "baton> ";

    /// <summary>The manual.</summary>
    public static string Manual => File.ReadAllText(Path.Combine(Repository.Root, "docs", "step.md"));

    /// <summary>One of its sessions, from 1 on.</summary>
    public static ManualSession Number(int number)
    {
        string text = Manual.Split("```text\n")[number].Split("```")[0];
        return new ManualSession(
            string.Join('\n', text.Split('\n')
                .Where(line => line.StartsWith(Prompt, StringComparison.Ordinal))
                .Select(line => line[Prompt.Length..])),
            text);
    }
}
