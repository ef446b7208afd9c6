using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Reports.Walks;

/// <summary>The segment registers with their hidden parts, and the global descriptor table (Intel SDM volume 3, 3.4.5).</summary>
internal static class X64DescriptorPane
{
    /// <summary>More entries than a boot loader's table has; a limit of garbage would otherwise fill the screen.</summary>
    private const int MostEntries = 32;

    private static readonly string[] SystemTypes =
    [
        "reserved", "16-bit TSS", "LDT", "16-bit TSS, busy", "16-bit call gate", "task gate", "16-bit interrupt gate",
        "16-bit trap gate", "reserved", "TSS", "reserved", "TSS, busy", "call gate", "reserved", "interrupt gate", "trap gate",
    ];

    public static IReadOnlyList<PaneLine> Lines(X64Processor processor)
    {
        X64State state = processor.State;
        List<PaneLine> lines = [PaneLine.Of("in the registers:")];
        lines.AddRange(Enum.GetValues<X64SegmentRegister>().Select(
            register => PaneLine.Of($"  {Name(register),-4} {state[register].Selector:x4}  {Describe(state[register])}")));
        lines.Add(PaneLine.Of($"GDT at 0x{state.Gdtr.Base:x}, limit 0x{state.Gdtr.Limit:x}:"));
        for (int selector = 0; selector + 7 <= state.Gdtr.Limit; selector += 8)
        {
            if (selector == MostEntries * 8)
            {
                lines.Add(PaneLine.Of($"  and {((state.Gdtr.Limit + 1) / 8) - MostEntries} more"));
                break;
            }

            ulong address = unchecked(state.Gdtr.Base + (ulong)selector);
            if (Read(processor, address) is not { } low)
            {
                PageWalk walk = processor.Translate(address);
                lines.Add(PaneLine.Of(
                    $"  {selector:x4}  cannot be read: {walk.Failure ?? $"{walk.Physical} has not been written by anybody"}"));
                break;
            }

            Descriptor entry = new(address, low);
            string users = string.Join(' ', Enum.GetValues<X64SegmentRegister>()
                .Where(register => state[register].Selector is var loaded && loaded >> 3 == selector >> 3 && (loaded & 4) == 0
                    && selector != 0)
                .Select(Name));
            string text = Describe(entry.ToSegment((ushort)selector));
            lines.Add(PaneLine.Of($"  {selector:x4}  {low:x16}  {text}{(users.Length == 0 ? "" : $"  <- {users}")}"));
        }

        if (state.Gdtr.Limit < 7)
        {
            lines.Add(PaneLine.Of("  no entry"));
        }

        return lines;
    }

    /// <summary>E.g. <c>64-bit code RX A, DPL 0, base 0x0, limit 0xffffffff</c>.</summary>
    private static string Describe(SegmentState segment)
    {
        if (segment.Attributes == 0)
        {
            return "null";
        }

        string what = segment.IsCode
            ? $"{(segment.IsLong ? "64" : segment.IsBig ? "32" : "16")}-bit code {(segment.IsReadable ? "RX" : "X")}"
                + (segment.IsConforming ? " conforming" : "")
            : segment.IsData
                ? $"{(segment.IsBig ? "32" : "16")}-bit data {(segment.IsWritable ? "RW" : "R")}"
                    + (segment.IsExpandDown ? " expand-down" : "")
                : SystemTypes[segment.Type];
        string accessed = segment.IsCodeOrData && (segment.Type & 1) != 0 ? " A" : "";
        string presence = segment.IsPresent ? "" : ", not present";
        return $"{what}{accessed}, DPL {segment.PrivilegeLevel}, base 0x{segment.Base:x}, limit 0x{segment.Limit:x}{presence}";
    }

    private static ulong? Read(X64Processor processor, ulong linear)
    {
        ulong value = 0;
        for (int i = 0; i < sizeof(ulong); i++)
        {
            if (processor.Translate(unchecked(linear + (ulong)i)).Physical is not { } place
                || processor.Memory.Peek(place.Value) is not { } read)
            {
                return null;
            }

            value |= (ulong)read << (8 * i);
        }

        return value;
    }

    private static string Name(X64SegmentRegister register) => register.ToString().ToUpperInvariant();
}
