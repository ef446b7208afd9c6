using Iced.Intel;

namespace Baton.Proofs.X64;

/// <summary>Carries a decoded instruction out: a method of one processor.</summary>
internal delegate void Handler(DecodedInstruction op);

/// <summary>What an operand is.</summary>
internal enum OperandKind : byte
{
    None,
    Register,
    Memory,
    Immediate,

    /// <summary>A segment, control or debug register, by number.</summary>
    Special,
}

/// <summary>
/// An operand, resolved: a general register is a slot, a shift (for AH to BH) and a mask, so that reading and writing
/// one need no case for its size.
/// </summary>
internal struct Operand
{
    public OperandKind Kind;

    /// <summary>The register's slot.</summary>
    public byte Register;

    /// <summary>8 for AH, CH, DH and BH, else 0.</summary>
    public byte Shift;

    /// <summary>Bytes: 1, 2, 4 or 8.</summary>
    public byte Size;

    /// <summary>The bits of a value of this size.</summary>
    public ulong Mask;

    /// <summary>What a write to the register leaves of it: a write of 32 bits clears the upper half.</summary>
    public ulong Keep;

    /// <summary>The constant.</summary>
    public ulong Value;
}

/// <summary>An instruction, decoded once and carried out often.</summary>
internal sealed class DecodedInstruction
{
    /// <summary>What carries it out.</summary>
    public required Handler Execute { get; init; }

    /// <summary>For an instruction with several effects: what carries it out, once there is a way back.</summary>
    public Handler? Inner { get; init; }

    /// <summary>Bytes.</summary>
    public int Length;

    /// <summary>The count of writes to its page at which it was last known to be what memory holds.</summary>
    public int Version;

    /// <summary>Its first 8 bytes and the rest, to see whether memory still holds it.</summary>
    public ulong BytesLow;
    public ulong BytesHigh;

    public Operand A;
    public Operand B;
    public Operand C;
    public Operand D;

    /// <summary>The memory operand: slots of base and index (one that is always zero for none).</summary>
    public byte Base;
    public byte Index;
    public byte Scale;

    /// <summary>The segment of the memory operand, or of the source of a string instruction.</summary>
    public byte Segment;

    /// <summary>Bytes of an address: 2, 4 or 8.</summary>
    public byte AddressSize;

    /// <summary>Bytes of the memory operand.</summary>
    public byte MemorySize;

    /// <summary>Bytes of an operand where none of the operands says it: pushes, returns, string instructions.</summary>
    public byte OperandSize;

    /// <summary>A condition, a count or another small number.</summary>
    public byte Detail;

    public bool IsLocked;
    public bool Repeats;

    /// <summary>With <see cref="Repeats"/>: while ZF is clear instead of set.</summary>
    public bool RepeatsUntilZero;

    public ulong AddressMask;
    public ulong Displacement;

    /// <summary>A jump's target, from the start of the instruction.</summary>
    public ulong Target;

    public Code Code;
    public Mnemonic Mnemonic;
}
