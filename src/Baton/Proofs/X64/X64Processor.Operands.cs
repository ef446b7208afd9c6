using System.Runtime.CompilerServices;

namespace Baton.Proofs.X64;

/// <content>Operands: registers by slot and mask, memory through its segment.</content>
public sealed partial class X64Processor
{
    private ulong Ax => _r[0] & 0xFFFF;

    private uint Eax
    {
        get => unchecked((uint)_r[0]);
        set => _r[0] = value;
    }

    private uint Ecx => unchecked((uint)_r[1]);

    private uint Edx
    {
        get => unchecked((uint)_r[2]);
        set => _r[2] = value;
    }

    /// <summary>A register's low bits.</summary>
    private ulong ReadRegister(X64Register register, int size) => _r[(int)register] & InstructionDecoder.MaskOf(size);

    /// <summary>Writes a register's low bits; 32 of them clear the upper half, fewer leave the rest.</summary>
    private void WriteRegister(X64Register register, int size, ulong value)
    {
        ulong mask = InstructionDecoder.MaskOf(size);
        ref ulong slot = ref _r[(int)register];
        slot = size >= 4 ? value & mask : (slot & ~mask) | (value & mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong EffectiveAddress(DecodedInstruction op)
    {
        unchecked
        {
            return (_r[op.Base] + (_r[op.Index] << op.Scale) + op.Displacement) & op.AddressMask;
        }
    }

    /// <summary>
    /// The address of a later part of an operand. Only where an operand starts wraps at 64 KiB: what lies behind the
    /// last offset of 16-bit addressing is for the segment's limit to refuse.
    /// </summary>
    private static ulong Behind(DecodedInstruction op, ulong address, int distance) =>
        unchecked(address + (ulong)distance) & (op.AddressMask | uint.MaxValue);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Read(in Operand operand, DecodedInstruction op) =>
        operand.Kind == OperandKind.Register
            ? (_r[operand.Register] >> operand.Shift) & operand.Mask
            : ReadOther(operand, op);

    private ulong ReadOther(in Operand operand, DecodedInstruction op) =>
        operand.Kind == OperandKind.Memory ? Load(op.Segment, EffectiveAddress(op), operand.Size) : operand.Value;

    /// <summary>Reads what will be written: memory that cannot be is a fault already now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong ReadToModify(in Operand operand, DecodedInstruction op) =>
        operand.Kind == OperandKind.Register
            ? (_r[operand.Register] >> operand.Shift) & operand.Mask
            : LoadToModify(op.Segment, EffectiveAddress(op), operand.Size);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Write(in Operand operand, DecodedInstruction op, ulong value)
    {
        if (operand.Kind == OperandKind.Register)
        {
            ref ulong slot = ref _r[operand.Register];
            slot = (slot & operand.Keep) | ((value & operand.Mask) << operand.Shift);
        }
        else
        {
            Store(op.Segment, EffectiveAddress(op), operand.Size, value);
        }
    }

    /// <summary>The bits of a value, its sign extended to 64.</summary>
    private static long Signed(ulong value, int size) => unchecked(size switch
    {
        1 => (sbyte)value,
        2 => (short)value,
        4 => (int)value,
        _ => (long)value,
    });
}
