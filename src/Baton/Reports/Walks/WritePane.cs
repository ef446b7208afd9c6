using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Walks;

namespace Baton.Reports.Walks;

/// <summary>Who wrote what.</summary>
public static class WritePane
{
    /// <summary>Who wrote the byte at an address that code uses.</summary>
    public static IReadOnlyList<PaneLine> Writer(WalkSession session, ulong address)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (session.Machine.Locate(address) is not { } place)
        {
            return [PaneLine.Of($"0x{address:x} is not mapped")];
        }

        PhysicalMemory memory = session.Machine.Processor.Memory;
        string name = PlaceNames.NameOf(memory, place) is { } known ? $" ({known})" : "";
        string who = memory.Log?.LastWriter(place) is { } record ? Describe(session, record)
            : !memory.Ram.Contains(place) ? "is not memory"
            : memory.FirstUnwritten(new PhysicalRange(place, 1)) is null ? "is as it was loaded: no instruction has written it"
            : "has not been written by anybody";
        return [PaneLine.Of($"{place}{name} {who}")];
    }

    /// <summary>The last writes, the latest last.</summary>
    public static IReadOnlyList<PaneLine> Last(WalkSession session, int most)
    {
        ArgumentNullException.ThrowIfNull(session);
        IReadOnlyList<WriteRecord> records = session.Machine.Processor.Memory.Log?.Records ?? [];
        return records.Count == 0
            ? [PaneLine.Of("no instruction has written to memory")]
            :
            [
                .. records.Skip(records.Count - most)
                    .Select(record => PaneLine.Of($"{record.Range} {Describe(session, record)}")),
            ];
    }

    private static string Describe(WalkSession session, WriteRecord record)
    {
        string name = PlaceNames.NameOf(session.Machine, record.Instruction) is { } known ? $" ({known})" : "";
        return $"was written by #{record.Step} at 0x{record.Instruction:x}{name}";
    }
}
