using Baton.Bytes;
using Baton.Cli.Planned;
using Baton.Formats;
using Baton.Handoffs;
using Baton.Protocols.Linux;

namespace Baton.Cli;

/// <summary>A Linux kernel's command line in a rehearsal: the handoff's, and what makes it speak where it is heard.</summary>
internal static class RehearsalLine
{
    /// <summary>Puts it together.</summary>
    /// <param name="request">What the user said.</param>
    /// <param name="image">The next kernel; one in a UKI has a line of its own.</param>
    /// <param name="running">This kernel's line.</param>
    /// <param name="tell">Tells the user what was added.</param>
    /// <exception cref="ImageFormatException">There is a control character in it.</exception>
    public static string Compose(
        CommandLineRequest request, KernelImage image, string running, Action<IEnumerable<Finding>> tell)
    {
        string line = CommandLine.Compose(UkiParts.CommandLine(image.Uki, request), running, []);
        CommandLine.Check(line, int.MaxValue, new ImageLocation(image.Source.Name, 0, "command line"));
        string[] words = [.. CommandLine.Words(line)];
        List<string> added = [];
        if (!words.Contains("console=ttyS0"))
        {
            added.Add("console=ttyS0");
        }

        // Before the early console, which shows what the kernel has said so far as soon as it is named.
        if (words.Any(word => word == "quiet" || word.StartsWith("loglevel=", StringComparison.Ordinal)))
        {
            added.Add("ignore_loglevel");
        }

        if (!words.Any(word => word.StartsWith("early", StringComparison.Ordinal)))
        {
            added.Add("earlyprintk=ttyS0");
        }

        if (added.Count > 0)
        {
            tell(
            [
                new Finding(
                    Severity.Note,
                    "rehearsal-console",
                    $"for the rehearsal \"{string.Join(' ', added)}\" is added to the next kernel's command line"),
            ]);
        }

        return CommandLine.Add(line, string.Join(' ', added));
    }
}
