using Baton.Memory;
using Baton.Proofs.Arm64;
using Baton.Proofs.Walks;

namespace Baton.Reports.Walks;

/// <summary>How an address is translated, descriptor by descriptor (Arm ARM, DDI 0487, chapter D8).</summary>
internal static class Arm64TranslationPane
{
    public static IReadOnlyList<PaneLine> Lines(Arm64WalkMachine machine, ulong address)
    {
        Arm64Walk walk = machine.Processor.Translate(address);
        string end = walk.PhysicalAddress is not { } physical
            ? $"0x{address:x} is not mapped: {walk.Fault}"
            : PlaceNames.NameOf(machine.Processor.Memory, new PhysicalAddress(physical)) is { } name
                ? $"0x{address:x} is 0x{physical:x} ({name})"
                : $"0x{address:x} is 0x{physical:x}";
        return [.. walk.Lines.Select(line => PaneLine.Of($"  {line}")), PaneLine.Of(end)];
    }
}
