namespace Baton.Differential;

/// <summary>A memory operand: base + index * scale + displacement.</summary>
internal sealed class Addressing
{
    private static readonly (int Base, int Index)[] Forms16 =
    [
        (Draft.Rbx, Draft.Rsi), (Draft.Rbx, Draft.Rdi), (Draft.Rbp, Draft.Rsi), (Draft.Rbp, Draft.Rdi),
        (Draft.Rsi, -1), (Draft.Rdi, -1), (Draft.Rbp, -1), (Draft.Rbx, -1),
    ];

    /// <summary>The base register, or -1.</summary>
    public int Base { get; private init; } = -1;

    /// <summary>The index register, or -1.</summary>
    public int Index { get; private init; } = -1;

    public int Scale { get; private init; } = 1;

    /// <summary>The displacement, sign-extended.</summary>
    public long Displacement { get; set; }

    /// <summary>Its bytes: 0, 1, 2 or 4.</summary>
    public int DisplacementSize { get; private init; }

    /// <summary>Whether it counts from the end of the instruction.</summary>
    public bool IsRipRelative { get; private init; }

    public byte? Sib { get; private init; }

    /// <summary>The segment without a prefix: SS (1) or DS (2).</summary>
    public int DefaultSegment => Base is Draft.Rsp or Draft.Rbp ? 1 : 2;

    /// <summary>Makes one of the forms that a ModRM byte below 0xC0 can mean.</summary>
    public static Addressing Choose(Draft draft, byte modRm)
    {
        SplitMix64 random = draft.Random;
        int mod = modRm >> 6;
        int rm = modRm & 7;
        if (draft.AddressSize == 16)
        {
            bool isDirect = mod == 0 && rm == 6;
            int size16 = isDirect ? 2 : mod;
            return new Addressing
            {
                Base = isDirect ? -1 : Forms16[rm].Base,
                Index = Forms16[rm].Index,
                DisplacementSize = size16,
                Displacement = RandomDisplacement(random, size16),
            };
        }

        int size = mod switch
        {
            1 => 1,
            2 => 4,
            _ => 0,
        };
        if (rm != 4)
        {
            bool isBare = mod == 0 && rm == 5;
            size = isBare ? 4 : size;
            return new Addressing
            {
                Base = isBare ? -1 : rm | ((draft.Rex & 1) << 3),
                IsRipRelative = isBare && draft.Mode.Is64,
                DisplacementSize = size,
                Displacement = RandomDisplacement(random, size),
            };
        }

        byte sib = (byte)random.Next();
        int index = ((sib >> 3) & 7) | ((draft.Rex & 2) << 2);
        bool hasNoBase = mod == 0 && (sib & 7) == 5;
        size = hasNoBase ? 4 : size;
        return new Addressing
        {
            Base = hasNoBase ? -1 : (sib & 7) | ((draft.Rex & 1) << 3),
            Index = index == Draft.Rsp ? -1 : index,
            Scale = 1 << (sib >> 6),
            Sib = sib,
            DisplacementSize = size,
            Displacement = RandomDisplacement(random, size),
        };
    }

    /// <summary>The offset that it comes to.</summary>
    public ulong Offset(Draft draft, ulong nextRip) => unchecked(
        (Base < 0 ? 0 : draft.Registers[Base]) + (Index < 0 ? 0 : draft.Registers[Index] * (ulong)Scale)
        + (ulong)Displacement + (IsRipRelative ? nextRip : 0)) & Mask(draft.AddressSize);

    /// <summary>Changes a register or the displacement so that it comes to an offset.</summary>
    /// <returns>False when nothing that may be changed can do it.</returns>
    public bool Solve(Draft draft, ulong offset, ulong nextRip)
    {
        unchecked
        {
            ulong missing = offset - Offset(draft, nextRip);
            if ((missing & Mask(draft.AddressSize)) == 0)
            {
                return true;
            }

            if (Base >= 0 && Base != Index && !draft.IsPinned(Base))
            {
                draft.Set(Base, draft.Registers[Base] + missing, draft.AddressSize);
                return true;
            }

            if (Index >= 0 && Base != Index && !draft.IsPinned(Index) && (missing & (ulong)(Scale - 1)) == 0)
            {
                draft.Set(Index, draft.Registers[Index] + (missing / (ulong)Scale), draft.AddressSize);
                return Offset(draft, nextRip) == (offset & Mask(draft.AddressSize));
            }

            if (DisplacementSize < 2)
            {
                return false;
            }

            long wanted = Displacement + (long)missing;
            Displacement = DisplacementSize == 2 ? (short)wanted : (int)wanted;
            return Offset(draft, nextRip) == (offset & Mask(draft.AddressSize));
        }
    }

    private static ulong Mask(int bits) => bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;

    private static long RandomDisplacement(SplitMix64 random, int size) => unchecked(size switch
    {
        0 => 0,
        1 => (sbyte)random.Next(),
        2 => (short)random.Next(),
        _ => random.Percent(50) ? (short)random.Next() : (int)random.Next(),
    });
}
