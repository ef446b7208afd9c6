using System.Numerics;

namespace Baton.Proofs.Devices;

/// <summary>
/// A processor's local APIC (Intel SDM volume 3, chapter 11) as far as a crossing has to do with it: interrupts that are
/// requested and in service, the priorities that hold them back, and their end. It answers at its page, or, as an x2APIC,
/// at MSRs 0x800 and up; nothing requests an interrupt once it runs.
/// </summary>
public sealed class LocalApic : IMemoryDevice
{
    /// <summary>Where it answers after a reset, as a physical address.</summary>
    public const ulong DefaultBase = 0xFEE0_0000;

    /// <summary>The first MSR of an x2APIC.</summary>
    public const uint FirstMsr = 0x800;

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
            return (Spurious & SoftwareEnable) != 0 && highest >= FirstVector && highest >> 4 > held >> 4 ? (byte)highest : null;
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
    /// <exception cref="MemoryFaultException">It is not 4 bytes of a register that is simulated.</exception>
    public ulong Read(int offset, int size) =>
        (IsRegister(offset, size) ? Read(offset / RegisterSize) : null) ?? throw Refuse("a read", offset, size);

    /// <inheritdoc/>
    /// <exception cref="MemoryFaultException">It is not 4 bytes of a register that is simulated.</exception>
    public void Write(int offset, int size, ulong value)
    {
        if (!IsRegister(offset, size) || !Write(offset / RegisterSize, unchecked((uint)value)))
        {
            throw Refuse("a write", offset, size);
        }
    }

    private static bool IsRegister(int offset, int size) =>
        size == sizeof(uint) && offset % RegisterSize == 0;

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
