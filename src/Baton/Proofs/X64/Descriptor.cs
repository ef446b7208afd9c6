namespace Baton.Proofs.X64;

/// <summary>An entry of a descriptor table as it was read (Intel SDM volume 3, section 3.4.5).</summary>
/// <param name="Address">Its linear address.</param>
/// <param name="Low">Its first 8 bytes.</param>
/// <param name="High">The next 8 of a system descriptor of long mode.</param>
internal readonly record struct Descriptor(ulong Address, ulong Low, ulong High = 0)
{
    /// <summary>The bit that the processor sets when the segment is loaded.</summary>
    public const ulong Accessed = 1UL << 40;

    private const ulong Granularity = 1UL << 55;

    public int Type => (int)(Low >> 40) & 0xF;

    public bool IsCodeOrData => (Low & (1UL << 44)) != 0;

    public bool IsCode => IsCodeOrData && (Type & 8) != 0;

    public bool IsConforming => IsCode && (Type & 4) != 0;

    public bool IsPresent => (Low & (1UL << 47)) != 0;

    public bool IsLong => (Low & (1UL << 53)) != 0;

    public bool IsBig => (Low & (1UL << 54)) != 0;

    public int PrivilegeLevel => (int)(Low >> 45) & 3;

    public uint Limit
    {
        get
        {
            uint limit = (uint)(Low & 0xFFFF) | (uint)(Low >> 32 & 0xF_0000);
            return (Low & Granularity) == 0 ? limit : (limit << 12) | 0xFFF;
        }
    }

    public ulong Base => (Low >> 16 & 0xFF_FFFF) | (Low >> 32 & 0xFF00_0000) | (High << 32);

    /// <summary>A gate's target: the offset in its segment.</summary>
    public ulong GateOffset => (Low & 0xFFFF) | (Low >> 32 & 0xFFFF_0000) | (High << 32);

    /// <summary>A gate's target: the segment.</summary>
    public ushort GateSelector => (ushort)(Low >> 16 & 0xFFFF);

    /// <summary>A gate's entry in the table of interrupt stacks; 0 for none.</summary>
    public int GateStack => (int)(Low >> 32 & 7);

    public SegmentState ToSegment(ushort selector) => new(selector, Base, Limit, (ushort)(Low >> 40 & 0xF0FF));

    public override string ToString()
    {
        string kind = IsCode ? "code" : IsCodeOrData ? "data" : "system";
        return $"descriptor 0x{Low:x16} at 0x{Address:x}: {kind}, type 0x{Type:x}, DPL {PrivilegeLevel}, "
            + $"{(IsPresent ? "present" : "not present")}, base 0x{Base:x}, limit 0x{Limit:x}"
            + $"{(IsLong ? ", L" : "")}{(IsBig ? ", D/B" : "")}";
    }
}
