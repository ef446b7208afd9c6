using System.CommandLine;
using Baton.Linux.Gathers;
using Baton.Machines;

namespace Baton.Cli;

/// <summary>The option that says how gathered pages are pinned.</summary>
internal sealed class PinOption
{
    private static readonly Dictionary<string, PinMethod> Methods = new()
    {
        ["io-uring"] = PinMethod.IoUring,
        ["huge-pages"] = PinMethod.HugePages,
        ["mlock"] = PinMethod.Lock,
    };

    private readonly Option<string?> _method = new("--pin")
    {
        Description = "with gather: pin pages by io-uring, huge-pages or mlock (the first that works)",
        HelpName = "METHOD",
    };

    public PinOption() => _method.AcceptOnlyFromAmong([.. Methods.Keys]);

    public void AddTo(Command command) => command.Add(_method);

    /// <summary>The name of a method.</summary>
    public static string NameOf(PinMethod method) => Methods.First(pair => pair.Value == method).Key;

    /// <summary>The method; null for the first that works.</summary>
    /// <exception cref="CommandException">It is given, and no page would be pinned.</exception>
    public PinMethod? Read(ParseResult parsed, HandoffRequest handoff)
    {
        if (parsed.GetValue(_method) is not { } name)
        {
            return null;
        }

        return handoff.Carrier is null or Carrier.Gather || handoff.TakesStreams
            ? Methods[name]
            : throw new CommandException(
                ExitCode.Usage,
                $"--pin is for pages of this process, and by {CarrierChoice.NameOf(handoff.Carrier.Value)} none wait in it");
    }
}
