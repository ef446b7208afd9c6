using System.Text;

namespace Baton.Proofs.X64;

/// <summary>What <c>cpuid</c> leaves in the registers.</summary>
public sealed record CpuidResult(uint Eax, uint Ebx, uint Ecx, uint Edx);

/// <summary>
/// The answers of <c>cpuid</c>, as a table. The simulated processor reads its own abilities from it: 5-level paging,
/// pages of 1 GiB, no-execute, the width of addresses.
/// </summary>
public sealed class X64Cpuid
{
    private const uint Features7 = 7;
    private const uint ExtendedFeatures = 0x8000_0001;
    private const uint AddressSizes = 0x8000_0008;

    private readonly Dictionary<(uint Leaf, uint Subleaf), CpuidResult> _table;
    private readonly uint _maxBasic;
    private readonly uint _maxExtended;

    /// <param name="table">The answers; a leaf without subleaves has only subleaf 0.</param>
    public X64Cpuid(IReadOnlyDictionary<(uint Leaf, uint Subleaf), CpuidResult> table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = new Dictionary<(uint, uint), CpuidResult>(table);
        _maxBasic = Ask(0, 0).Eax;
        _maxExtended = Ask(0x8000_0000, 0).Eax;
        Has5Level = (Get(Features7).Ecx & (1 << 16)) != 0;
        HasGigabytePages = (Get(ExtendedFeatures).Edx & (1 << 26)) != 0;
        HasNoExecute = (Get(ExtendedFeatures).Edx & (1 << 20)) != 0;
        HasLongMode = (Get(ExtendedFeatures).Edx & (1 << 29)) != 0;
        PhysicalBits = (int)(Get(AddressSizes).Eax & 0xFF) is > 0 and <= 52 and var bits ? bits : 36;
    }

    /// <summary>5-level paging, CR4.LA57.</summary>
    public bool Has5Level { get; }

    /// <summary>Pages of 1 GiB in long mode.</summary>
    public bool HasGigabytePages { get; }

    /// <summary>EFER.NXE.</summary>
    public bool HasNoExecute { get; }

    /// <summary>EFER.LME.</summary>
    public bool HasLongMode { get; }

    /// <summary>Bits of a physical address, 32 to 52.</summary>
    public int PhysicalBits { get; }

    /// <summary>A processor much like that of <c>qemu-system-x86_64 -cpu max</c> under emulation.</summary>
    /// <param name="fiveLevel">Whether it has 5-level paging.</param>
    /// <param name="gigabytePages">Whether it has pages of 1 GiB.</param>
    /// <param name="noExecute">Whether it has EFER.NXE.</param>
    /// <param name="physicalBits">Bits of a physical address, 32 to 52.</param>
    /// <param name="extendedApic">Whether its local APIC can be an x2APIC.</param>
    public static X64Cpuid QemuMax(
        bool fiveLevel = true, bool gigabytePages = true, bool noExecute = true, int physicalBits = 40,
        bool extendedApic = false)
    {
        if (physicalBits is < 32 or > 52)
        {
            throw new ArgumentOutOfRangeException(
                nameof(physicalBits), physicalBits, "physical addresses have 32 to 52 bits");
        }

        (uint b, uint d, uint c) = Text12("AuthenticAMD");
        CpuidResult[] brand = Brand("QEMU TCG CPU version 2.5+");
        uint extended = 0x2010_0800 | 0x0183_F3FF | (gigabytePages ? 1U << 26 : 0) | (noExecute ? 1U << 20 : 0);
        if (!noExecute)
        {
            extended &= ~(1U << 20);
        }

        return new X64Cpuid(new Dictionary<(uint, uint), CpuidResult>
        {
            [(0, 0)] = new(0xD, b, c, d),
            [(1, 0)] = new(0x0000_0663, 0x0000_0800, 0xC0C2_2000 | (extendedApic ? 1U << 21 : 0), 0x078B_FBFD),
            [(2, 0)] = new(1, 0, 0x4D, 0x2C_307D),
            [(7, 0)] = new(0, 0x019C_0389, fiveLevel ? 0x0001_000CU : 0x0000_000CU, 0),
            [(0x8000_0000, 0)] = new(0x8000_000A, b, c, d),
            [(0x8000_0001, 0)] = new(0x0000_0663, 0, 0x0000_0121, extended),
            [(0x8000_0002, 0)] = brand[0],
            [(0x8000_0003, 0)] = brand[1],
            [(0x8000_0004, 0)] = brand[2],
            [(0x8000_0008, 0)] = new((uint)physicalBits | (fiveLevel ? 57U : 48U) << 8, 0, 0, 0),
        });
    }

    /// <summary>A copy with one answer replaced.</summary>
    public X64Cpuid With(uint leaf, uint subleaf, CpuidResult result) =>
        new(new Dictionary<(uint, uint), CpuidResult>(_table) { [(leaf, subleaf)] = result });

    /// <summary>The answer for a leaf; for one above the highest, that of the highest basic leaf, as Intel gives it.</summary>
    public CpuidResult Get(uint leaf, uint subleaf = 0)
    {
        uint max = leaf >= 0x8000_0000 ? _maxExtended : _maxBasic;
        return leaf <= max ? Ask(leaf, subleaf) : Ask(_maxBasic, subleaf);
    }

    private CpuidResult Ask(uint leaf, uint subleaf) =>
        _table.GetValueOrDefault((leaf, subleaf))
        ?? (leaf is 4 or 7 or 0xB or 0xD ? null : _table.GetValueOrDefault((leaf, 0U)))
        ?? new CpuidResult(0, 0, 0, 0);

    private static (uint B, uint D, uint C) Text12(string vendor)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(vendor);
        return (BitConverter.ToUInt32(bytes, 0), BitConverter.ToUInt32(bytes, 4), BitConverter.ToUInt32(bytes, 8));
    }

    private static CpuidResult[] Brand(string text)
    {
        byte[] bytes = new byte[48];
        Encoding.ASCII.GetBytes(text, bytes);
        uint At(int index) => BitConverter.ToUInt32(bytes, index * 4);
        return [.. Enumerable.Range(0, 3).Select(i => new CpuidResult(At(i * 4), At(i * 4 + 1), At(i * 4 + 2), At(i * 4 + 3)))];
    }
}
