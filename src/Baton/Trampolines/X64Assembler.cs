using System.Buffers.Binary;

namespace Baton.Trampolines;

/// <summary>How the processor reads the code: the L and D bits of its code segment.</summary>
public enum CodeBits
{
    /// <summary>64-bit mode.</summary>
    Bits64,

    /// <summary>32-bit protected or compatibility mode.</summary>
    Bits32,
}

/// <summary>
/// Writes x86 machine code: one method an instruction, whose documentation gives the encoding in the notation of the
/// Intel SDM, volume 2. Jumps and references go by labels; a label that is never bound is an error in
/// <see cref="Assembler.Build"/>, in every configuration.
/// </summary>
/// <param name="origin">The physical address where the code will lie, in bytes.</param>
public sealed partial class X64Assembler(ulong origin = 0) : Assembler(origin)
{
    private readonly List<Fixup> _fixups = [];

    private enum Reference
    {
        /// <summary>8 bits, signed, from the end of the instruction.</summary>
        Relative8,

        /// <summary>32 bits, signed, from the end of the instruction.</summary>
        Relative32,

        /// <summary>The address in 32 bits.</summary>
        Absolute32,

        /// <summary>The address in 64 bits.</summary>
        Absolute64,
    }

    /// <summary>The mode that the following instructions are for. Set where the code itself changes mode.</summary>
    public CodeBits Bits { get; set; } = CodeBits.Bits64;

    /// <inheritdoc/>
    protected override byte Gap => 0xCC; // int3

    /// <inheritdoc/>
    protected override void Resolve(Span<byte> code)
    {
        foreach (Fixup fixup in _fixups)
        {
            ulong target = AddressOf(fixup.Label);
            Span<byte> place = code[fixup.Position..];
            long distance = fixup.Label.Offset.GetValueOrDefault() - fixup.End;
            switch (fixup.Kind)
            {
                case Reference.Relative8 when distance is >= sbyte.MinValue and <= sbyte.MaxValue:
                    place[0] = unchecked((byte)distance);
                    break;
                case Reference.Relative32:
                    // Code is an array, so no distance in it needs more than 32 bits.
                    BinaryPrimitives.WriteInt32LittleEndian(place, (int)distance);
                    break;
                case Reference.Absolute32 when target <= uint.MaxValue:
                    BinaryPrimitives.WriteUInt32LittleEndian(place, (uint)target);
                    break;
                case Reference.Absolute64:
                    BinaryPrimitives.WriteUInt64LittleEndian(place, target);
                    break;
                default:
                    throw new InvalidOperationException(
                        $"label \"{fixup.Label}\" at 0x{target:x} is out of reach of the {fixup.Kind} reference "
                        + $"at 0x{Origin + (ulong)fixup.Position:x} (distance {distance})");
            }
        }
    }

    private static bool FitsInByte(long value) => value is >= sbyte.MinValue and <= sbyte.MaxValue;

    private static int CheckedBit(int bit, int width) =>
        bit >= 0 && bit < width
            ? bit
            : throw new ArgumentOutOfRangeException(nameof(bit), bit, $"a register has the bits 0 to {width - 1}");

    private void Require(CodeBits bits, string instruction)
    {
        if (Bits != bits)
        {
            throw new InvalidOperationException($"{instruction} exists only in {bits}, and the code here is {Bits}");
        }
    }

    private void Emit(params ReadOnlySpan<byte> bytes) => Data(bytes);

    /// <summary>Leaves room for a reference. <paramref name="following"/>: the instruction's bytes behind it.</summary>
    private void EmitReference(Reference kind, Label label, int following = 0)
    {
        CheckOwner(label);
        int size = kind switch
        {
            Reference.Relative8 => 1,
            Reference.Absolute64 => 8,
            _ => 4,
        };
        _fixups.Add(new Fixup(kind, label, Offset, Offset + size + following));
        Emit(stackalloc byte[size]);
    }

    /// <summary>Writes the REX prefix where the operands need one (SDM volume 2, section 2.2.1).</summary>
    private void EmitRex(bool wide, int reg, int rm, bool isNeeded = false)
    {
        int rex = (wide ? 0b1000 : 0) | (reg >> 3 << 2) | (rm >> 3);
        if (rex == 0 && !isNeeded)
        {
            return;
        }

        Require(CodeBits.Bits64, "an instruction with 64-bit operands or with r8 to r15");
        Emit((byte)(0b0100_0000 | rex));
    }

    /// <summary>An instruction whose ModRM byte names two registers, or an opcode extension and a register.</summary>
    private void EmitRegister(bool wide, ReadOnlySpan<byte> opcode, int reg, int rm)
    {
        EmitRex(wide, reg, rm);
        Emit(opcode);
        Emit((byte)(0b11_000_000 | ((reg & 7) << 3) | (rm & 7)));
    }

    /// <summary>An instruction whose ModRM byte names a register, or an opcode extension, and memory.</summary>
    private void EmitMemory(
        bool wide, ReadOnlySpan<byte> opcode, int reg, MemoryOperand memory, int following = 0, bool isByte = false)
    {
        // Without a REX prefix the byte registers 4 to 7 are ah, ch, dh and bh.
        EmitRex(wide, reg, memory.Register, isNeeded: isByte && reg is >= 4 and <= 7);
        Emit(opcode);
        int middle = (reg & 7) << 3;
        switch (memory.Kind)
        {
            case MemoryOperand.Form.Label when memory.Target is { } label:
                Emit((byte)(0b00_000_101 | middle));
                EmitReference(
                    Bits == CodeBits.Bits64 ? Reference.Relative32 : Reference.Absolute32, label, following);
                break;
            case MemoryOperand.Form.Absolute when Bits == CodeBits.Bits32:
                Emit((byte)(0b00_000_101 | middle));
                Data32(unchecked((uint)memory.Displacement));
                break;
            case MemoryOperand.Form.Absolute when memory.Displacement >= 0:
                // The plain form means RIP-relative in 64-bit mode; a SIB byte without base and index does not.
                Emit((byte)(0b00_000_100 | middle), 0b00_100_101);
                Data32((uint)memory.Displacement);
                break;
            case MemoryOperand.Form.Base64 when Bits == CodeBits.Bits64:
            case MemoryOperand.Form.Base32 when Bits == CodeBits.Bits32:
                EmitBase(middle, memory.Register & 7, memory.Displacement);
                break;
            default:
                throw new InvalidOperationException(
                    $"a memory operand of the form {memory.Kind}, displacement 0x{memory.Displacement:x}, "
                    + $"cannot be written in {Bits}");
        }
    }

    private void EmitBase(int middle, int register, int displacement)
    {
        const int StackPointer = 4;
        const int BasePointer = 5;

        // Without a displacement the base rbp or r13 means something else, so that it gets one of zero.
        int mode = displacement == 0 && register != BasePointer ? 0b00 : FitsInByte(displacement) ? 0b01 : 0b10;
        Emit((byte)((mode << 6) | middle | register));
        if (register == StackPointer)
        {
            Emit(0b00_100_100);
        }

        if (mode == 0b01)
        {
            Emit(unchecked((byte)displacement));
        }
        else if (mode == 0b10)
        {
            Data32(unchecked((uint)displacement));
        }
    }

    /// <summary>A reference to be filled in: where it is, and where its instruction ends.</summary>
    private readonly record struct Fixup(Reference Kind, Label Label, int Position, int End);
}
