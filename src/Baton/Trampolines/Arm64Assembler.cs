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
public sealed partial class Arm64Assembler(ulong origin = 0)
{
    private const int InstructionSize = 4;
    private const ulong PageSize = 0x1000;

    private readonly List<byte> _code = [];
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

    /// <summary>The physical address of the first byte.</summary>
    public ulong Origin { get; } = origin % InstructionSize == 0
        ? origin
        : throw new ArgumentException($"code cannot lie at 0x{origin:x}: not a multiple of 4", nameof(origin));

    /// <summary>Bytes written so far.</summary>
    public int Offset => _code.Count;

    /// <summary>Makes a label that is not bound yet.</summary>
    public Label NewLabel(string name) => new(this, name);

    /// <summary>Makes a label for the current place.</summary>
    public Label Here(string name)
    {
        Label label = NewLabel(name);
        Bind(label);
        return label;
    }

    /// <summary>Binds a label to the current place.</summary>
    /// <exception cref="InvalidOperationException">It is bound already, or belongs to another assembler.</exception>
    public void Bind(Label label)
    {
        CheckOwner(label);
        if (label.Offset is { } bound)
        {
            throw new InvalidOperationException($"label \"{label}\" is already bound to 0x{bound:x}");
        }

        label.Offset = Offset;
    }

    /// <summary>The address of a bound label.</summary>
    /// <exception cref="InvalidOperationException">The label is not bound, or belongs to another assembler.</exception>
    public ulong AddressOf(Label label)
    {
        CheckOwner(label);
        return label.Offset is { } offset
            ? Origin + (ulong)offset
            : throw new InvalidOperationException($"label \"{label}\" is used and never bound");
    }

    /// <summary>The finished code, with every reference filled in.</summary>
    /// <exception cref="InvalidOperationException">
    /// A label is not bound, out of its reference's reach, or not on the 4-byte boundary that the reference needs.
    /// </exception>
    public byte[] Build()
    {
        byte[] code = [.. _code];
        foreach (Fixup fixup in _fixups)
        {
            Span<byte> place = code.AsSpan(fixup.Position);
            ulong target = AddressOf(fixup.Label);
            if (fixup.Kind == Reference.Absolute64)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(place, target);
                continue;
            }

            uint instruction = BinaryPrimitives.ReadUInt32LittleEndian(place);
            BinaryPrimitives.WriteUInt32LittleEndian(place, instruction | Distance(fixup, target));
        }

        return code;
    }

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

    private void CheckOwner(Label label)
    {
        ArgumentNullException.ThrowIfNull(label);
        if (label.Owner != this)
        {
            throw new InvalidOperationException($"label \"{label}\" belongs to another assembler");
        }
    }

    private void Emit(uint instruction)
    {
        if (Offset % InstructionSize != 0)
        {
            throw new InvalidOperationException($"an instruction cannot lie at offset 0x{Offset:x}: not a multiple of 4");
        }

        Emit32(instruction);
    }

    private void Emit(uint instruction, Reference kind, Label label)
    {
        CheckOwner(label);
        int position = Offset;
        Emit(instruction);
        _fixups.Add(new Fixup(kind, label, position));
    }

    private void Emit32(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _code.AddRange(bytes);
    }

    /// <summary>A reference to be filled in, and where it is.</summary>
    private readonly record struct Fixup(Reference Kind, Label Label, int Position);
}
