using System.Buffers.Binary;

namespace Baton.Differential;

/// <summary>Where jumps, calls and returns go: always to where INT3 waits, or to where a fetch faults.</summary>
internal static class TransferTraits
{
    // A stack of 16 bits whose pointer is odd wraps into the first byte behind it, which is code.
    private const int FirstTarget = 0x100;
    private const ushort Code64 = 0x18;
    private static readonly ushort[] CodeSelectors =
        [0x08, 0x18, 0x20, 0x58, 0x60, 0xE0, 0xE8, 0x78, 0x10, 0x88, 0x00, 0x0C, 0x2220, 0x68];

    /// <summary>Gives a transfer its target.</summary>
    /// <returns>False when this draft cannot be used.</returns>
    public static bool Apply(Draft draft, ulong next)
    {
        Template template = draft.Template;
        if (template.Is("branch"))
        {
            return Branch(draft, next);
        }

        if (template.Is("indirect"))
        {
            ulong target = Target(draft, OperandBits(draft), 0, allowBad: true);
            if (draft.RmRegister is { } register)
            {
                if (draft.IsPinned(register))
                {
                    return false;
                }

                draft.Registers[register] = target;
                return true;
            }

            return MemoryTraits.PatchOperand(draft, Number(target, OperandBits(draft)));
        }

        if (template.Is("ret"))
        {
            int bits = OperandBits(draft);
            return MemoryTraits.PatchStack(draft, Number(Target(draft, bits, 0, allowBad: true), bits));
        }

        if (template.Is("far"))
        {
            byte[] pointer = FarPointer(draft, draft.OperandSize, draft.OperandSize == 16 ? 2 : 4);
            draft.Immediate.Clear();
            draft.Immediate.AddRange(pointer);
            return true;
        }

        if (template.Is("farm"))
        {
            return MemoryTraits.PatchOperand(draft, FarPointer(draft, draft.OperandSize, draft.OperandSize / 8));
        }

        return template.Is("retf") ? Return(draft) : !template.Is("iret") || InterruptReturn(draft);
    }

    private static int OperandBits(Draft draft) => draft.Mode.Is64 ? 64 : draft.OperandSize;

    private static byte[] Number(ulong value, int bits)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes[..(bits / 8)];
    }

    private static bool Branch(Draft draft, ulong next)
    {
        int bits = OperandBits(draft);
        if (draft.Immediate.Count == 1)
        {
            sbyte distance;
            do
            {
                distance = unchecked((sbyte)draft.Random.Next());
            }
            while (distance is > -17 and < 0);
            draft.Immediate[0] = unchecked((byte)distance);
            return true;
        }

        ulong target = Target(draft, bits, 0, allowBad: !draft.Mode.Is64);
        long relative = unchecked((long)(target - next));
        if (bits == 64 && relative != (int)relative)
        {
            return false;
        }

        byte[] bytes = Number(unchecked((ulong)relative), bits == 64 ? 32 : bits);
        draft.Immediate.Clear();
        draft.Immediate.AddRange(bytes);
        return true;
    }

    /// <summary>An offset in a code segment with a base, at which INT3 waits.</summary>
    private static ulong Target(Draft draft, int bits, ulong segmentBase, bool allowBad, bool hasOwnSegment = true)
    {
        SplitMix64 random = draft.Random;
        ulong own = hasOwnSegment ? draft.BaseOf(0) : segmentBase;
        if (bits == 16 && own == 0)
        {
            return (ulong)(GuestLayout.LowCodeArea + random.Below(GuestLayout.LowCodeAreaSize));
        }

        if (allowBad && draft.Mode.HasNoExecute && bits != 16 && draft.Mode.Bits != 16 && random.Percent(8))
        {
            ulong bad = random.Percent(50) ? random.Pick(draft.Mode.Windows).Linear + (ulong)random.Below(4096) : random.Next();
            bad = bits == 64 ? bad : bad & 0xFFFFFFFF;
            return OperandPlacement.IsHarmless(draft, 0, bad) ? bad : (ulong)GuestLayout.CodeArea + FirstTarget;
        }

        // 64 bits may reach any view of the code; what does not fit into 32 stays with what does.
        ulong codeBase = random.Percent(50) ? draft.CodeBase : random.Pick(draft.Mode.CodeBases);
        if (bits < 64 && codeBase > 0xFFFFFFFF)
        {
            codeBase = (ulong)GuestLayout.CodeArea;
        }

        int at;
        do
        {
            at = FirstTarget + random.Below(GuestLayout.CodeAreaSize - FirstTarget);
        }
        while (IsNearInstruction(draft, at));
        ulong offset = unchecked(codeBase + (ulong)at - own);
        return draft.Mode.Is64 ? offset : offset & (own == 0 ? 0xFFFFFFFF : 0xFFFF);
    }

    private static bool IsNearInstruction(Draft draft, int at)
    {
        int start = (int)(GuestLayout.CodePage - GuestLayout.CodeArea) + draft.CodeOffset;
        return at > start - 20 && at < start + 20;
    }

    private static (ulong Offset, ushort Selector) FarTarget(Draft draft, int bits, bool isReturn)
    {
        SplitMix64 random = draft.Random;
        if (draft.Mode.IsReal)
        {
            int at;
            do
            {
                at = FirstTarget + random.Below(GuestLayout.CodeAreaSize - FirstTarget);
            }
            while (IsNearInstruction(draft, at));
            int paragraphs = random.Below((at >> 4) + 1);
            return ((ulong)(at - (paragraphs << 4)), (ushort)((GuestLayout.CodeArea >> 4) + paragraphs));
        }

        ushort selector = random.Percent(50) ? draft.Selectors[0] : random.Pick(CodeSelectors);
        if (!isReturn && random.Percent(15))
        {
            selector |= (ushort)random.Below(4);
        }

        ulong segmentBase = selector == 0x20 ? (ulong)GuestLayout.CodeArea : 0;
        bool isWide = bits == 64 && selector == Code64 && draft.Mode.IsLong;
        ulong offset = Target(draft, isWide ? 64 : Math.Min(bits, 32), segmentBase, allowBad: false, hasOwnSegment: false);
        return (segmentBase != 0 ? offset & 0xFFFF : offset, selector);
    }

    private static byte[] FarPointer(Draft draft, int bits, int offsetSize)
    {
        (ulong offset, ushort selector) = FarTarget(draft, bits, isReturn: false);
        return [.. Number(offset, offsetSize * 8), (byte)selector, (byte)(selector >> 8)];
    }

    private static bool Return(Draft draft)
    {
        (ulong offset, ushort selector) = FarTarget(draft, draft.OperandSize, isReturn: true);
        return MemoryTraits.PatchStack(
            draft, [.. Number(offset, draft.OperandSize), .. Number(selector, draft.OperandSize)]);
    }

    private static bool InterruptReturn(Draft draft)
    {
        SplitMix64 random = draft.Random;
        (ulong offset, ushort selector) = FarTarget(draft, draft.OperandSize, isReturn: true);
        ulong flags = random.Next() & 0xFFFFFFFF
            & ~(StatusFlags.Trap | StatusFlags.Virtual8086 | StatusFlags.Resume);
        if (!draft.Mode.IsLong)
        {
            draft.Flags &= ~StatusFlags.NestedTask;
        }

        List<byte> frame =
        [
            .. Number(offset, draft.OperandSize), .. Number(selector, draft.OperandSize), .. Number(flags, draft.OperandSize),
        ];
        if (draft.Mode.Is64)
        {
            ulong stack = random.Percent(80) ? draft.Mode.Stack.Linear + (ulong)random.Below(4096) : random.Next();
            ushort data = random.Percent(70) ? (ushort)0x10 : MemoryTraits.AnySelector(draft);
            frame.AddRange(Number(stack, draft.OperandSize));
            frame.AddRange(Number(data, draft.OperandSize));
        }

        return MemoryTraits.PatchStack(draft, [.. frame]);
    }
}
