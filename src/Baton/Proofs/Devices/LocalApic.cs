using System.Numerics;

namespace Baton.Proofs.Devices;

/// <summary>
/// A processor's local APIC (Intel SDM volume 3, chapter 11) as far as a crossing has to do with it: interrupts that are
/// requested and in service, the priorities that hold them back, and their end. It answers at its page, or, as an x2APIC,
/// at MSRs 0x800 and up, and never at both; nothing requests an interrupt once it runs.
/// </summary>
public sealed class LocalApic : IMemoryDevice
{
    /// <summary>Where it answers after a reset, as a physical address.</summary>
    public const ulong DefaultBase = 0xFEE0_0000;

    /// <summary>The MSR IA32_APIC_BASE: where it is and how it answers.</summary>
    public const uint BaseMsr = 0x1B;

    /// <summary>Bits of IA32_APIC_BASE: EN, the APIC is on; EXTD, it is an x2APIC.</summary>
    public const ulong BaseEnabled = 1UL << 11, BaseExtended = 1UL << 10;

    /// <summary>What a reset leaves in IA32_APIC_BASE of the first processor: an xAPIC.</summary>
    public const ulong BaseAfterReset = DefaultBase | BaseEnabled | (1UL << 8);

    /// <summary>The first MSR of an x2APIC.</summary>
    public const uint FirstMsr = 0x800;

    private const uint MsrCount = 0x100;

    /// <summary>The numbers of registers, 16 bytes apart in the page.</summary>
    public const int TaskPriority = 0x08, EndOfInterrupt = 0x0B, SpuriousVector = 0x0F, InService = 0x10, Requested = 0x20;

    /// <summary>Bit 8 of the spurious-interrupt vector register.</summary>
    public const uint SoftwareEnable = 1U << 8;

    private const int RegisterSize = 16;
    private const int Banks = 8;
    private const int BitsPerBank = 32;

    /// <summary>Vectors below are exceptions'.</summary>
    private const int FirstVector = 16;

    private readonly uint[] _requested = new uint[Banks];
    private readonly uint[] _inService = new uint[Banks];

    /// <summary>Whether an MSR is an x2APIC's, or nobody's.</summary>
    public static bool IsMsr(uint number) => number is >= FirstMsr and < FirstMsr + MsrCount;

    /// <summary>IA32_APIC_BASE.</summary>
    public ulong Base { get; set; } = BaseAfterReset;

    /// <summary>Whether anybody has asked where it is, or for one of its registers.</summary>
    public bool WasAsked { get; set; }

    /// <summary>Whether it is on.</summary>
    public bool IsEnabled => (Base & BaseEnabled) != 0;

    /// <summary>Whether it answers as an x2APIC.</summary>
    public bool IsExtended => (Base & (BaseEnabled | BaseExtended)) == (BaseEnabled | BaseExtended);

    /// <summary>The spurious-interrupt vector register.</summary>
    public uint Spurious { get; set; } = 0xFF;

    /// <summary>The task priority register.</summary>
    public uint Priority { get; set; }

    /// <summary>Vectors that wait to be delivered.</summary>
    public IReadOnlyList<byte> Waiting => VectorsOf(_requested);

    /// <summary>Vectors that were delivered and have not been ended.</summary>
    public IReadOnlyList<byte> Unended => VectorsOf(_inService);

    /// <summary>The vector that the processor gets next, if interrupts are enabled; null for none.</summary>
    public byte? Next
    {
        get
        {
            int highest = Highest(_requested);
            int held = Math.Max(Highest(_inService), (int)(Priority & 0xFF));
            bool isOn = IsEnabled && (Spurious & SoftwareEnable) != 0;
            return isOn && highest >= FirstVector && highest >> 4 > held >> 4 ? (byte)highest : null;
        }
    }

    /// <summary>Makes a vector wait to be delivered.</summary>
    public void Request(byte vector) => _requested[vector / BitsPerBank] |= 1U << (vector % BitsPerBank);

    /// <summary>Makes a vector one that was delivered and not ended.</summary>
    public void Serve(byte vector)
    {
        _requested[vector / BitsPerBank] &= ~(1U << (vector % BitsPerBank));
        _inService[vector / BitsPerBank] |= 1U << (vector % BitsPerBank);
    }

    /// <summary>Reads a register by its number; null for one that is not simulated.</summary>
    public uint? Read(int register) => register switch
    {
        TaskPriority => Priority,
        SpuriousVector => Spurious,
        >= InService and < InService + Banks => _inService[register - InService],
        >= Requested and < Requested + Banks => _requested[register - Requested],
        _ => null,
    };

    /// <summary>Writes a register by its number; false for one that is not simulated or can only be read.</summary>
    public bool Write(int register, uint value)
    {
        switch (register)
        {
            case TaskPriority:
                Priority = value;
                return true;
            case EndOfInterrupt:
                End();
                return true;
            case SpuriousVector:
                Spurious = value;
                return true;
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="MemoryFaultException">It does not answer here, or it is not 4 bytes of a simulated register.</exception>
    public ulong Read(int offset, int size)
    {
        CheckPage("a read", offset, size);
        return Read(offset / RegisterSize) ?? throw Refuse("a read", offset, size);
    }

    /// <inheritdoc/>
    /// <exception cref="MemoryFaultException">It does not answer here, or it is not 4 bytes of a simulated register.</exception>
    public void Write(int offset, int size, ulong value)
    {
        CheckPage("a write", offset, size);
        if (!Write(offset / RegisterSize, unchecked((uint)value)))
        {
            throw Refuse("a write", offset, size);
        }
    }

    /// <summary>Only an xAPIC has a page, and it has no other than the one that it is attached at.</summary>
    private void CheckPage(string what, int offset, int size)
    {
        const ulong Page = ~0xFFFUL;
        WasAsked = true;
        if (!IsEnabled || IsExtended || (Base & Page) != DefaultBase)
        {
            throw new MemoryFaultException(
                MemoryFault.Device,
                new Memory.PhysicalAddress(DefaultBase + (ulong)offset),
                $"{what} at 0x{offset:x} of the local APIC's page, where it does not answer: IA32_APIC_BASE is 0x{Base:x}");
        }

        if (size != sizeof(uint) || offset % RegisterSize != 0)
        {
            throw Refuse(what, offset, size);
        }
    }

    private static MemoryFaultException Refuse(string what, int offset, int size) => new(
        MemoryFault.Device,
        new Memory.PhysicalAddress(DefaultBase + (ulong)offset),
        $"{what} of {size} bytes at 0x{offset:x} of the local APIC, where no register of it is simulated");

    private void End()
    {
        int highest = Highest(_inService);
        if (highest >= 0)
        {
            _inService[highest / BitsPerBank] &= ~(1U << (highest % BitsPerBank));
        }
    }

    private static int Highest(uint[] banks)
    {
        for (int bank = Banks - 1; bank >= 0; bank--)
        {
            if (banks[bank] != 0)
            {
                return (bank * BitsPerBank) + BitOperations.Log2(banks[bank]);
            }
        }

        return -1;
    }

    private static List<byte> VectorsOf(uint[] banks)
    {
        List<byte> vectors = [];
        for (int vector = 0; vector < Banks * BitsPerBank; vector++)
        {
            if ((banks[vector / BitsPerBank] & (1U << (vector % BitsPerBank))) != 0)
            {
                vectors.Add((byte)vector);
            }
        }

        return vectors;
    }
}
