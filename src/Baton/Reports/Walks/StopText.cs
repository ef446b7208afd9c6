using System.Globalization;
using Baton.Proofs;
using Baton.Proofs.Walks;

namespace Baton.Reports.Walks;

/// <summary>Where a walk stands and why, in words.</summary>
public static class StopText
{
    /// <summary>One line: instructions completed, the address of the next one, its place, the mode.</summary>
    public static string Where(WalkSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        string place = PlaceNames.NameOf(session.Machine, session.ProgramCounter) is { } name ? $"  {name}" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"#{session.Position:N0}  0x{session.ProgramCounter:x}{place}  {session.Machine.Describe(session.Machine.Mode)}");
    }

    /// <summary>Why the walk stands there: one line, and for a fault the lines of its details.</summary>
    public static IReadOnlyList<PaneLine> Why(WalkSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        WalkStop stop = session.Stop;
        string done = Count(stop.To - Math.Min(stop.From, stop.To));
        string sentence = stop.Reason switch
        {
            WalkStopReason.Start => "the first instruction of the crossing",
            WalkStopReason.Steps => done,
            WalkStopReason.Address => $"{done}: there",
            WalkStopReason.Entry => $"{done}: the kernel's first instruction",
            WalkStopReason.Mode => $"{done}: another mode{LastMode(session)}",
            WalkStopReason.Match => $"{done}: found",
            WalkStopReason.Limit => $"{done} and not there: the limit of one command",
            WalkStopReason.Back => $"{Count(stop.From - Math.Min(stop.From, stop.To))} back",
            _ => $"{done}, then a fault",
        };
        return
        [
            PaneLine.Of(sentence),
            .. stop.Fault is { } fault ? Describe(fault) : [],
        ];
    }

    /// <summary>What differs from the last stop, one line; empty when nothing does.</summary>
    public static IReadOnlyList<PaneLine> Changes(WalkSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        // Every command moves the program counter, and the first line says where to.
        return
        [
            .. session.Changes
                .Where(change => change.Name != session.Machine.ProgramCounterName)
                .Select(change => PaneLine.Of($"  *{change.Name}: {change.Before} -> {change.After}")),
        ];
    }

    /// <summary>Every change of mode up to here.</summary>
    public static IReadOnlyList<PaneLine> Modes(WalkSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.ModeChanges.Count == 0
            ? [PaneLine.Of($"{session.Machine.Describe(session.Machine.Mode)}, from the start")]
            : [.. session.ModeChanges.Select(change => PaneLine.Of(Describe(session, change)))];
    }

    private static IEnumerable<PaneLine> Describe(ProcessorFaultException fault) =>
    [
        PaneLine.Of($"fault: {(fault.Message.StartsWith(fault.Kind, StringComparison.Ordinal) ? "" : $"{fault.Kind}: ")}"
            + fault.Message, PaneStyle.Bold),
        .. fault.Details.Select(detail => PaneLine.Of($"  {detail}")),
    ];

    private static string LastMode(WalkSession session) =>
        session.ModeChanges is [.., { } last] ? $"; it was {session.Machine.Describe(last.Before)}" : "";

    private static string Describe(WalkSession session, ModeChange change) => string.Create(
        CultureInfo.InvariantCulture,
        $"#{change.Position - 1:N0} at 0x{change.Address:x}: from {session.Machine.Describe(change.Before)}"
        + $" to {session.Machine.Describe(change.After)}");

    private static string Count(ulong instructions) => string.Create(
        CultureInfo.InvariantCulture, $"{instructions:N0} instruction{(instructions == 1 ? "" : "s")}");
}
