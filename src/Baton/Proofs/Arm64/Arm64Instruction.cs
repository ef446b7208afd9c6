namespace Baton.Proofs.Arm64;

/// <summary>How a second register operand is shifted (the manual's shift field).</summary>
internal enum ShiftKind : byte
{
    Lsl,
    Lsr,
    Asr,
    Ror,
}

/// <summary>When the base register of a load or store gets its new value.</summary>
internal enum Indexing : byte
{
    Offset,
    PreIndex,
    PostIndex,
}

/// <summary>
/// A decoded instruction. Registers are indices into the processor's register file, where register 31 has been told
/// apart already: <see cref="Zero"/>, <see cref="StackPointer"/> or, as a destination that keeps nothing, <see cref="Discard"/>.
/// </summary>
internal struct Arm64Instruction
{
    /// <summary>The register that reads as zero.</summary>
    public const byte Zero = 31;

    /// <summary>The stack pointer in use.</summary>
    public const byte StackPointer = 32;

    /// <summary>Where results for the zero register go.</summary>
    public const byte Discard = 33;

    /// <summary>Registers of the file.</summary>
    public const int Registers = 34;

    public Arm64Operation Operation;

    /// <summary>Whether the operands have 64 bits; otherwise 32.</summary>
    public bool Is64;

    /// <summary>Rd or Rt.</summary>
    public byte D;

    /// <summary>Rn.</summary>
    public byte N;

    /// <summary>Rm, or the status register Rs of an exclusive or atomic.</summary>
    public byte M;

    /// <summary>Ra or Rt2.</summary>
    public byte A;

    /// <summary>Bits of a shift, a rotation, or a bit number.</summary>
    public byte Amount;

    /// <summary>ShiftKind, extension, condition, or flags value, by operation.</summary>
    public byte Kind;

    /// <summary>Binary logarithm of the bytes of an access.</summary>
    public byte SizeLog2;

    /// <summary>Whether a loaded value is sign-extended.</summary>
    public bool IsSigned;

    public Indexing Indexing;

    /// <summary>
    /// Whether a logical operation inverts its second operand; whether an access must not be reordered; whether a barrier
    /// completes maintenance.
    /// </summary>
    public bool Flag;

    /// <summary><see cref="MemoryPage.CodeVersion"/> of the page when the word was last compared.</summary>
    public int Version;

    public uint Word;

    /// <summary>Immediate, offset, or mask.</summary>
    public ulong Immediate;

    /// <summary>The second mask of a bitfield move.</summary>
    public ulong Mask;
}
