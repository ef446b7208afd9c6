using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Reports;

/// <summary>A plan for people: what goes where and why, and memory before and after.</summary>
public static class HandoffReport
{
    private static readonly string[] SegmentColumns = ["segment", "destination", "memory", "content", "why there"];
    private static readonly string[] MapColumns = ["range", "size", "kind", "source"];

    /// <summary>Builds the report.</summary>
    /// <param name="title">What is planned.</param>
    /// <param name="handoff">The plan.</param>
    /// <param name="machine">The machine it is for.</param>
    /// <param name="carrier">Who carries it out.</param>
    /// <param name="findings">All findings: the plan's own and the preflight's.</param>
    public static Report Build(
        string title, Handoff handoff, Machine machine, CarrierDecision carrier, IReadOnlyList<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(handoff);
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(carrier);
        return new Report(
            title,
            [
                new ReportSection("handoff", [],
                [
                    ["protocol", handoff.Protocol],
                    ["carrier", $"{CarrierChoice.NameOf(carrier.Carrier)}: {carrier.Reason}"],
                    ["trampoline entry", handoff.Entry.ToString()],
                    ["kernel entry", handoff.KernelEntry.ToString()],
                    ["memory to load", Sizes.Of(handoff.LoadedBytes)],
                    ["command line", handoff.CommandLine],
                ]),
                new ReportSection("segments", SegmentColumns,
                [
                    .. handoff.Segments.Select(segment => (IReadOnlyList<string>)
                    [
                        segment.Name,
                        segment.Destination.ToString(),
                        Sizes.Of(segment.Destination.Length),
                        Sizes.Of((ulong)segment.Content.Length),
                        segment.Reason,
                    ]),
                    .. handoff.Reservations.Select(reservation => (IReadOnlyList<string>)
                    [
                        $"({reservation.Name})",
                        reservation.Range.ToString(),
                        Sizes.Of(reservation.Range.Length),
                        "",
                        "written by the next kernel in its first steps",
                    ]),
                    .. handoff.Copies.Select(copy => (IReadOnlyList<string>)
                    [
                        $"({copy.Name})",
                        copy.Destination.ToString(),
                        Sizes.Of(copy.From.Length),
                        "",
                        $"copied from {copy.From} by the crossing",
                    ]),
                    .. handoff.Writes.Select(write => (IReadOnlyList<string>)
                    [
                        $"({write.Name})", write.Range.ToString(), Sizes.Of(write.Range.Length), "", "written by the crossing",
                    ]),
                ]),
                MapSection("memory now", machine.RunningMemory),
                MapSection("memory as the next kernel is told", handoff.NextMemory),
            ],
            findings);
    }

    /// <summary>A memory map as a table.</summary>
    public static ReportSection MapSection(string title, MemoryMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return new ReportSection(title, MapColumns,
        [
            .. map.Select(region => (IReadOnlyList<string>)
            [
                region.Range.ToString(),
                Sizes.Of(region.Range.Length),
                region.Label.Length > 0 ? $"{region.Kind} ({region.Label})" : region.Kind.ToString(),
                region.Source,
            ]),
        ]);
    }
}
