using System.Buffers.Binary;

namespace Baton.Differential;

/// <summary>What a case needs besides random values: values to compare with, selectors, images of flags.</summary>
internal static class MemoryTraits
{
    private static readonly ushort[] SafeRealSegments = [0x2000, 0x2F00, 0x3000, 0x2080, 0x1F80];

    /// <summary>Writes them into the draft.</summary>
    /// <returns>False when this draft cannot be used.</returns>
    public static bool Apply(Draft draft)
    {
        SplitMix64 random = draft.Random;
        Template template = draft.Template;
        if (template.Is("equal") && random.Percent(50))
        {
            Equal(draft);
        }

        if (template.Is("selector"))
        {
            return PlaceSelector(draft);
        }

        if (template.Is("farpointer"))
        {
            Span<byte> pointer = stackalloc byte[10];
            BinaryPrimitives.WriteUInt64LittleEndian(pointer, random.Next());
            int offset = draft.OperandSize / 8;
            BinaryPrimitives.WriteUInt16LittleEndian(pointer[offset..], AnySelector(draft));
            return PatchOperand(draft, pointer[..(offset + 2)]);
        }

        if (template.Is("popsreg"))
        {
            byte[] value = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(value, random.Next());
            BinaryPrimitives.WriteUInt16LittleEndian(value, AnySelector(draft));
            return PatchStack(draft, value);
        }

        if (template.Is("popf"))
        {
            byte[] value = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(value, (random.Percent(70) ? random.Next() & 0xFFFFFFFF : random.Next())
                & ~(StatusFlags.Trap | StatusFlags.Virtual8086));
            return PatchStack(draft, value);
        }

        return true;
    }

    /// <summary>A selector of any kind, good or bad; in real mode a segment where a case may have a stack.</summary>
    public static ushort AnySelector(Draft draft)
    {
        SplitMix64 random = draft.Random;
        if (draft.Mode.IsReal)
        {
            return random.Pick(SafeRealSegments);
        }

        int selector = random.Below(32) * 8;
        int privilege = random.Percent(70) ? 0 : random.Below(4);
        int table = random.Percent(5) ? 4 : 0;
        return (ushort)(random.Percent(5) ? 0x220 + (random.Below(512) * 8) : selector | privilege | table);
    }

    /// <summary>Puts bytes at the top of the stack.</summary>
    public static bool PatchStack(Draft draft, byte[] bytes)
    {
        int bits = draft.Mode.Bits == 16 ? 16 : draft.Mode.Bits;
        ulong mask = bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;
        ulong linear = unchecked(draft.BaseOf(1) + (draft.Registers[Draft.Rsp] & mask));
        if (!draft.Mode.Stack.Contains(linear))
        {
            return true;
        }

        ulong at = linear - draft.Mode.Stack.Linear;
        int length = (int)Math.Min((ulong)bytes.Length, (ulong)draft.Mode.Stack.Length - at);
        draft.Patch = bytes[..length];
        draft.PatchAddress = draft.Mode.Stack.Physical + (long)at;
        return true;
    }

    /// <summary>Puts bytes where the memory operand is.</summary>
    public static bool PatchOperand(Draft draft, ReadOnlySpan<byte> bytes)
    {
        if (draft.OperandAddress is not { } address)
        {
            return false;
        }

        draft.Patch = bytes.ToArray();
        draft.PatchAddress = address;
        return true;
    }

    private static bool PlaceSelector(Draft draft)
    {
        bool isStackInRealMode = draft.Mode.IsReal && draft.Reg == 1;
        ushort selector = AnySelector(draft);
        if (draft.RmRegister is { } register)
        {
            if (draft.IsPinned(register))
            {
                return !draft.Mode.IsReal && !isStackInRealMode;
            }

            draft.Registers[register] = (draft.Registers[register] & ~0xFFFFUL) | selector;
            return true;
        }

        return PatchOperand(draft, [(byte)selector, (byte)(selector >> 8)]);
    }

    private static void Equal(Draft draft)
    {
        Span<byte> value = stackalloc byte[16];
        ulong accumulator = draft.Registers[Draft.Rax];
        if (draft.LastOpcode == 0xC7)
        {
            int half = draft.OperandSize == 64 ? 8 : 4;
            BinaryPrimitives.WriteUInt64LittleEndian(value, accumulator);
            BinaryPrimitives.WriteUInt64LittleEndian(value[half..], draft.Registers[Draft.Rdx]);
            PatchOperand(draft, value[..(2 * half)]);
        }
        else if (draft.RmRegister is { } register)
        {
            if (!draft.IsPinned(register))
            {
                draft.Registers[register] = accumulator;
            }
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(value, accumulator);
            PatchOperand(draft, value[..8]);
        }
    }
}
