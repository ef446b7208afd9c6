namespace Baton.Differential;

/// <summary>A case while it is being made.</summary>
internal sealed class Draft
{
    public const int Rax = 0;
    public const int Rcx = 1;
    public const int Rdx = 2;
    public const int Rbx = 3;
    public const int Rsp = 4;
    public const int Rbp = 5;
    public const int Rsi = 6;
    public const int Rdi = 7;

    private readonly SegmentBases _bases;

    public Draft(SplitMix64 random, Template template, ExecutionMode mode, SegmentBases bases)
    {
        Random = random;
        Template = template;
        Mode = mode;
        _bases = bases;
        Opcode = random.Pick(template.Opcodes);
        mode.Selectors.ToArray().CopyTo(Selectors, 0);
        for (int i = 0; i < 16; i++)
        {
            Registers[i] = RegisterValues.Any(random);
        }
    }

    public SplitMix64 Random { get; }

    public Template Template { get; }

    public ExecutionMode Mode { get; }

    /// <summary>The opcode with its mandatory prefix.</summary>
    public byte[] Opcode { get; }

    public ulong[] Registers { get; } = new ulong[16];

    public ushort[] Selectors { get; } = new ushort[6];

    /// <summary>Registers that already have the value they need, as a bit mask.</summary>
    public uint Pinned { get; set; }

    public ulong Flags { get; set; }

    /// <summary>Prefixes before the mandatory one and REX.</summary>
    public List<byte> Prefixes { get; } = [];

    public byte Rex { get; set; }

    public int OperandSize { get; set; }

    public int AddressSize { get; set; }

    /// <summary>The segment of a prefix: CS, SS, DS, ES, FS, GS by number; null without one.</summary>
    public int? SegmentOverride { get; set; }

    public Addressing? Memory { get; set; }

    public byte? ModRm { get; set; }

    public List<byte> Immediate { get; } = [];

    /// <summary>Where in the code page the instruction starts.</summary>
    public int CodeOffset { get; set; }

    /// <summary>The linear address of the code area's first byte.</summary>
    public ulong CodeBase { get; set; }

    /// <summary>Where the memory operand was put: physical; null when it is somewhere else.</summary>
    public long? OperandAddress { get; set; }

    public long PatchAddress { get; set; }

    public byte[] Patch { get; set; } = [];

    /// <summary>The opcode byte that selects the instruction.</summary>
    public byte LastOpcode => Opcode[^1];

    /// <summary>The register or digit of ModRM with REX.R.</summary>
    public int Reg => ((ModRm!.Value >> 3) & 7) | ((Rex & 4) << 1);

    /// <summary>The register of ModRM's low field with REX.B, when it is a register.</summary>
    public int? RmRegister => ModRm >= 0xC0 ? (ModRm.Value & 7) | ((Rex & 1) << 3) : null;

    /// <summary>The offset of the instruction in CS.</summary>
    public ulong Rip => CodeBase + (ulong)(GuestLayout.CodePage - GuestLayout.CodeArea + CodeOffset) - BaseOf(0);

    /// <summary>The base of a segment.</summary>
    public ulong BaseOf(int segment) => _bases.Of(Mode, segment, Selectors[segment]);

    /// <summary>Sets the part of a register that an address of so many bits uses; the rest becomes zero or random.</summary>
    public void Set(int register, ulong value, int bits)
    {
        ulong mask = bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;
        ulong rest = Random.Percent(30) ? Random.Next() & ~mask : 0;
        Registers[register] = (value & mask) | rest;
        Pinned |= 1U << register;
    }

    /// <summary>Whether a register has the value it needs.</summary>
    public bool IsPinned(int register) => (Pinned & (1U << register)) != 0;
}
