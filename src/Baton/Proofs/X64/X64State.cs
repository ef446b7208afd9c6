using System.Collections.Immutable;

namespace Baton.Proofs.X64;

/// <summary>The registers of an x86 processor, as a value: to start from, to look at, to compare.</summary>
public sealed record X64State
{
    private const int GeneralRegisters = 16;
    private const int SegmentRegisters = 8;

    /// <summary>RAX to R15, by <see cref="X64Register"/>.</summary>
    public ImmutableArray<ulong> General { get; init; } = ImmutableArray.Create(new ulong[GeneralRegisters]);

    public ulong Rip { get; init; }

    public ulong Rflags { get; init; } = X64Flags.Fixed;

    /// <summary>ES to GS, LDTR and TR, by <see cref="X64SegmentRegister"/>.</summary>
    public ImmutableArray<SegmentState> Segments { get; init; } = ImmutableArray.Create(new SegmentState[SegmentRegisters]);

    public TableRegister Gdtr { get; init; } = new(0, 0xFFFF);

    public TableRegister Idtr { get; init; } = new(0, 0xFFFF);

    public ulong Cr0 { get; init; }

    public ulong Cr2 { get; init; }

    public ulong Cr3 { get; init; }

    public ulong Cr4 { get; init; }

    public ulong Cr8 { get; init; }

    public ulong Efer { get; init; }

    /// <summary>DR0 to DR7; DR4 and DR5 do not exist.</summary>
    public ImmutableArray<ulong> Debug { get; init; } = [0, 0, 0, 0, 0, 0, 0xFFFF_0FF0, 0x400];

    /// <summary>Model-specific registers other than EFER and the segment bases, where they are not as after reset.</summary>
    public ImmutableSortedDictionary<uint, ulong> Msrs { get; init; } = ImmutableSortedDictionary<uint, ulong>.Empty;

    /// <summary>The processor after reset: real mode, the next instruction 16 bytes below 4 GiB.</summary>
    public static X64State Reset { get; } = new()
    {
        Rip = 0xFFF0,
        Cr0 = X64Cr0.CD | X64Cr0.NW | X64Cr0.ET,
        Segments =
        [
            SegmentState.Real(0), new SegmentState(0xF000, 0xFFFF_0000, 0xFFFF, 0x009B), SegmentState.Real(0),
            SegmentState.Real(0), SegmentState.Real(0), SegmentState.Real(0),
            SegmentState.Null, new SegmentState(0, 0, 0xFFFF, 0x008B),
        ],
    };

    /// <summary>64-bit mode with flat segments, interrupts off.</summary>
    /// <param name="rip">The next instruction.</param>
    /// <param name="cr3">The physical address of the root of the page tables.</param>
    /// <param name="fiveLevel">Whether they have 5 levels.</param>
    /// <param name="code">The selector in CS.</param>
    /// <param name="data">The selector in the other segment registers.</param>
    public static X64State LongMode(
        ulong rip, ulong cr3, bool fiveLevel = false, ushort code = 0x10, ushort data = 0x18) => new()
        {
            Rip = rip,
            Cr0 = X64Cr0.PE | X64Cr0.ET | X64Cr0.NE | X64Cr0.WP | X64Cr0.PG,
            Cr3 = cr3,
            Cr4 = X64Cr4.PAE | (fiveLevel ? X64Cr4.LA57 : 0),
            Efer = X64Efer.LME | X64Efer.LMA | X64Efer.NXE | X64Efer.SCE,
            Segments = Flat(SegmentState.Code64(code), data),
        };

    /// <summary>32-bit protected mode with flat segments, paging and interrupts off.</summary>
    public static X64State Protected32(ulong rip, ushort code = 0x10, ushort data = 0x18) => new()
    {
        Rip = rip,
        Cr0 = X64Cr0.PE | X64Cr0.ET,
        Segments = Flat(SegmentState.Code32(code), data),
    };

    /// <summary>Real mode at a segment and an offset, the other segments the same.</summary>
    public static X64State RealMode(ushort segment, ushort offset) => new()
    {
        Rip = offset,
        Cr0 = X64Cr0.ET,
        Idtr = new TableRegister(0, 0x3FF),
        Segments =
        [
            .. Enumerable.Range(0, 6).Select(
                i => SegmentState.Real(segment) with { Attributes = (ushort)(i == (int)X64SegmentRegister.Cs ? 0x9B : 0x93) }),
            SegmentState.Null, new SegmentState(0, 0, 0xFFFF, 0x008B),
        ],
    };

    /// <summary>The value of a register.</summary>
    public ulong this[X64Register register] => General[(int)register];

    /// <summary>A segment register.</summary>
    public SegmentState this[X64SegmentRegister register] => Segments[(int)register];

    /// <summary>A copy with one register replaced.</summary>
    public X64State With(X64Register register, ulong value) =>
        this with { General = General.SetItem((int)register, value) };

    /// <summary>A copy with one segment register replaced.</summary>
    public X64State With(X64SegmentRegister register, SegmentState value) =>
        this with { Segments = Segments.SetItem((int)register, value) };

    /// <summary>What differs, one line a register: its name, the value here, the value there.</summary>
    public IReadOnlyList<string> Differences(X64State other)
    {
        ArgumentNullException.ThrowIfNull(other);
        List<string> differences = [];
        RegisterValue[] others = [.. other.Values()];
        int i = 0;
        foreach (RegisterValue own in Values())
        {
            string there = others[i++].Value;
            if (own.Value != there)
            {
                differences.Add($"{own.Name}: {own.Value} and {there}");
            }
        }

        return
        [
            .. differences,
            .. Msrs.Keys.Union(other.Msrs.Keys).Order()
                .Where(msr => Msrs.GetValueOrDefault(msr) != other.Msrs.GetValueOrDefault(msr))
                .Select(msr => $"MSR 0x{msr:x}: 0x{Msrs.GetValueOrDefault(msr):x} and 0x{other.Msrs.GetValueOrDefault(msr):x}"),
        ];
    }

    /// <summary>Every register but the MSRs with its value as text, in the order of a register dump.</summary>
    public IEnumerable<RegisterValue> Values()
    {
        foreach (X64Register register in Enum.GetValues<X64Register>())
        {
            yield return new RegisterValue(register.ToString().ToUpperInvariant(), $"0x{this[register]:x}");
        }

        yield return new RegisterValue("RIP", $"0x{Rip:x}");
        yield return new RegisterValue("RFLAGS", $"0x{Rflags:x}");
        foreach (X64SegmentRegister register in Enum.GetValues<X64SegmentRegister>())
        {
            yield return new RegisterValue(register.ToString().ToUpperInvariant(), this[register].ToString());
        }

        yield return new RegisterValue("GDTR", Gdtr.ToString());
        yield return new RegisterValue("IDTR", Idtr.ToString());
        yield return new RegisterValue("CR0", $"0x{Cr0:x}");
        yield return new RegisterValue("CR2", $"0x{Cr2:x}");
        yield return new RegisterValue("CR3", $"0x{Cr3:x}");
        yield return new RegisterValue("CR4", $"0x{Cr4:x}");
        yield return new RegisterValue("CR8", $"0x{Cr8:x}");
        yield return new RegisterValue("EFER", $"0x{Efer:x}");
        for (int i = 0; i < Debug.Length; i++)
        {
            yield return new RegisterValue($"DR{i}", $"0x{Debug[i]:x}");
        }
    }

    public bool Equals(X64State? other) => other is not null && Differences(other).Count == 0;

    public override int GetHashCode() => HashCode.Combine(Rip, Rflags, General[0], Cr0, Cr3, Cr4, Efer);

    private static ImmutableArray<SegmentState> Flat(SegmentState code, ushort data)
    {
        SegmentState flat = SegmentState.Data(data);
        return
        [
            flat, code, flat, flat, flat, flat,
            SegmentState.Null, new SegmentState(0, 0, 0xFFFF, 0x008B),
        ];
    }
}
