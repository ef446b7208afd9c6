namespace Baton.Differential;

/// <summary>One instruction with the state in which it runs.</summary>
public sealed class InstructionCase
{
    /// <summary>The template that it is made from.</summary>
    public required Template Template { get; init; }

    /// <summary>The mode that it runs in.</summary>
    public required ExecutionMode Mode { get; init; }

    /// <summary>RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15, as the encoding numbers them.</summary>
    public ulong[] Registers { get; } = new ulong[16];

    /// <summary>The offset in CS.</summary>
    public ulong Rip { get; set; }

    public ulong Flags { get; set; }

    /// <summary>CS, SS, DS, ES, FS, GS.</summary>
    public ushort[] Selectors { get; } = new ushort[6];

    /// <summary>Where the instruction's bytes go: a physical address.</summary>
    public long CodeAddress { get; set; }

    /// <summary>The instruction.</summary>
    public byte[] Code { get; set; } = [];

    /// <summary>Where <see cref="Patch"/> goes: a physical address.</summary>
    public long PatchAddress { get; set; }

    /// <summary>Bytes of memory that only this case has: far pointers, frames. At most 56.</summary>
    public byte[] Patch { get; set; } = [];

    /// <summary>Flags that the manual leaves undefined after this instruction.</summary>
    public ulong UndefinedFlags { get; set; }

    /// <summary>What the generator knows about the encoding.</summary>
    public required EncodingFacts Facts { get; init; }
}

/// <summary>What the generator knows about an encoding, for the rules that say what cannot be judged.</summary>
public sealed record EncodingFacts
{
    /// <summary>Bits of the operand, REX.W and 66 considered.</summary>
    public required int OperandSize { get; init; }

    /// <summary>Bits of addresses, 67 considered.</summary>
    public required int AddressSize { get; init; }

    /// <summary>The byte of the opcode that selects the instruction.</summary>
    public required byte Opcode { get; init; }

    /// <summary>The ModRM byte, if there is one.</summary>
    public byte? ModRm { get; init; }

    /// <summary>The segment of a prefix: CS, SS, DS, ES, FS, GS by number; null without one.</summary>
    public int? Segment { get; init; }

    /// <summary>Whether there is a LOCK prefix.</summary>
    public bool HasLock { get; init; }

    /// <summary>The immediate operand, if there is one.</summary>
    public ulong Immediate { get; init; }

    /// <summary>Whether an operand is in memory.</summary>
    public bool HasMemory => ModRm is { } modRm && modRm < 0xC0;

    /// <summary>The digit or register of the ModRM byte.</summary>
    public int Reg => ((ModRm ?? 0) >> 3) & 7;
}
