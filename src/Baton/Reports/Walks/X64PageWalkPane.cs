using Baton.Proofs.Walks;
using Baton.Proofs.X64;

namespace Baton.Reports.Walks;

/// <summary>How an address is translated: each entry with its bits (Intel SDM volume 3, section 4.5).</summary>
internal static class X64PageWalkPane
{
    /// <summary>In an entry of the last table, which has no sizes to choose from, this bit is PAT.</summary>
    private const int PageSizeBit = 7;

    private static readonly (int Bit, string Set, string Clear)[] Bits =
    [
        (0, "P", "not present"), (1, "RW", "R"), (2, "US", "S"), (3, "PWT", ""), (4, "PCD", ""), (5, "A", ""), (6, "D", ""),
        (PageSizeBit, "PS", ""), (8, "G", ""), (63, "NX", ""),
    ];

    public static IReadOnlyList<PaneLine> Lines(X64WalkMachine machine, ulong linear)
    {
        X64Processor processor = machine.Processor;
        PageWalk walk = processor.Translate(linear);
        string root = machine.PagingLevels == 0
            ? "paging is off"
            : $"CR3 0x{processor.Cr3:x}, {machine.PagingLevels} levels";
        string end = walk.Physical is { } physical
            ? $"0x{linear:x} is {physical}"
                + (PlaceNames.NameOf(processor.Memory, physical) is { } name ? $" ({name})" : "")
                + (walk.PageSize == 0 ? "" : $", in a page of {Sizes.Of(walk.PageSize)}")
            : $"0x{linear:x} is not mapped: {walk.Failure}";
        return [PaneLine.Of(root), .. walk.Steps.Select(step => PaneLine.Of($"  {Describe(step)}")), PaneLine.Of(end)];
    }

    private static string Describe(PageWalkStep step)
    {
        string place = $"{step.Table,-4} [{step.Index,3}] at {step.Address}";
        if (step.Entry is not { } entry)
        {
            return $"{place} cannot be read";
        }

        IEnumerable<string> words = (entry & 1) == 0
            ? ["not present"]
            : Bits.Select(bit => (entry >> bit.Bit & 1) == 0 ? bit.Clear
                : bit.Bit == PageSizeBit && step.Table == "PT" ? "PAT" : bit.Set).Where(word => word.Length > 0);
        return $"{place} = {entry:x16}  {string.Join(' ', words)}";
    }
}
