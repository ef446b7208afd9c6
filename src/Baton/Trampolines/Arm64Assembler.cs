using System.Buffers.Binary;

namespace Baton.Trampolines;

/// <summary>
/// Writes AArch64 machine code, little-endian: one method an instruction, by the name that the Arm ARM gives it. Branches
/// and literals go by labels, relative to the instruction, so that the code runs wherever it lies; only
/// <see cref="Data64(Label)"/> depends on the origin, and <see cref="Adrp"/> on its lowest 12 bits.
/// </summary>
/// <param name="origin">The physical address where the code will lie, in bytes; a multiple of 4.</param>
/// <remarks>
/// An operand that an instruction cannot hold is an <see cref="ArgumentException"/>: the stack pointer where only the zero
/// register can be named, an immediate out of range, a base that is written back and loaded at once.
/// </remarks>
public sealed partial class Arm64Assembler(ulong origin = 0) : Assembler(OnInstruction(origin))
{
    private const int InstructionSize = 4;
    private const ulong PageSize = 0x1000;

    private readonly List<Fixup> _fixups = [];

    private enum Reference
    {
        /// <summary>26 bits of words: b, bl.</summary>
        Words26,

        /// <summary>19 bits of words in bits 23 to 5: b.cond, cbz, literals.</summary>
        Words19,

        /// <summary>14 bits of words in bits 18 to 5: tbz.</summary>
        Words14,

        /// <summary>21 bits of bytes, the lowest two apart: adr.</summary>
        Bytes21,

        /// <summary>21 bits of pages, the lowest two apart: adrp.</summary>
        Pages21,

        /// <summary>The address in 64 bits.</summary>
        Absolute64,
    }

    /// <inheritdoc/>
    protected override byte Gap => 0; // udf

    /// <inheritdoc/>
    protected override void Resolve(Span<byte> code)
    {
        foreach (Fixup fixup in _fixups)
        {
            Span<byte> place = code[fixup.Position..];
            ulong target = AddressOf(fixup.Label);
            if (fixup.Kind == Reference.Absolute64)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(place, target);
                continue;
            }

            uint instruction = BinaryPrimitives.ReadUInt32LittleEndian(place);
            BinaryPrimitives.WriteUInt32LittleEndian(place, instruction | Distance(fixup, target));
        }
    }

    private static ulong OnInstruction(ulong origin) => origin % InstructionSize == 0
        ? origin
        : throw new ArgumentException($"code cannot lie at 0x{origin:x}: not a multiple of 4", nameof(origin));

    private uint Distance(Fixup fixup, ulong target)
    {
        ulong from = Origin + (ulong)fixup.Position;
        long bytes = checked((long)target - (long)from);
        (long units, int bits, int shift, long unit) = fixup.Kind switch
        {
            Reference.Words26 => (bytes / InstructionSize, 26, 0, InstructionSize),
            Reference.Words19 => (bytes / InstructionSize, 19, 5, InstructionSize),
            Reference.Words14 => (bytes / InstructionSize, 14, 5, InstructionSize),
            Reference.Pages21 => ((long)(target / PageSize) - (long)(from / PageSize), 21, 5, 1L),
            _ => (bytes, 21, 5, 1L),
        };
        if (bytes % unit != 0 || units < -(1L << (bits - 1)) || units >= 1L << (bits - 1))
        {
            throw new InvalidOperationException(
                $"label \"{fixup.Label}\" at 0x{target:x} is out of reach of the {fixup.Kind} reference at 0x{from:x} "
                + $"(distance {bytes})");
        }

        uint value = unchecked((uint)units) & ((1U << bits) - 1);
        return bits == 21 ? ((value & 3) << 29) | ((value >> 2) << shift) : value << shift;
    }

    /// <summary>A register where number 31 is the zero register.</summary>
    private static uint OrZero(RegX register) =>
        register.IsSp ? throw new ArgumentException("sp cannot be named here", nameof(register)) : register.Number;

    /// <summary>A register where number 31 is the stack pointer.</summary>
    private static uint OrStack(RegX register) =>
        register.IsZr ? throw new ArgumentException("xzr cannot be named here", nameof(register)) : register.Number;

    private static uint Ranged(long value, long first, long last, string name) =>
        value >= first && value <= last
            ? unchecked((uint)value)
            : throw new ArgumentOutOfRangeException(name, value, $"must be {first} to {last}");

    private void Emit(uint instruction)
    {
        if (Offset % InstructionSize != 0)
        {
            throw new InvalidOperationException($"an instruction cannot lie at offset 0x{Offset:x}: not a multiple of 4");
        }

        Data32(instruction);
    }

    private void Emit(uint instruction, Reference kind, Label label)
    {
        CheckOwner(label);
        int position = Offset;
        Emit(instruction);
        _fixups.Add(new Fixup(kind, label, position));
    }

    /// <summary>A reference to be filled in, and where it is.</summary>
    private readonly record struct Fixup(Reference Kind, Label Label, int Position);
}
