namespace Baton.Proofs.Devices;

/// <summary>What RDMSR and WRMSR may do with a register of an x2APIC (Intel SDM volume 3, section 11.12.1.2).</summary>
/// <param name="IsReadable">Whether it can be read; else RDMSR is #GP.</param>
/// <param name="Writable">
/// The bits that every processor lets be set: WRMSR with any other is #GP. None for a register to which only zero is written;
/// null for one that can only be read.
/// </param>
internal readonly record struct X2ApicRegister(bool IsReadable, ulong? Writable)
{
    private const ulong Vector = 0xFF;

    /// <summary>Of those that are written, only the interrupt command register has 64 bits.</summary>
    private const ulong Word = uint.MaxValue;

    /// <summary>The register with a number, as in <see cref="LocalApic.Read(int)"/>; null for one that there is not.</summary>
    public static X2ApicRegister? Of(int number) => number switch
    {
        LocalApic.TaskPriority => new(true, Vector),
        LocalApic.EndOfInterrupt => new(false, 0),
        LocalApic.SpuriousVector => new(true, LocalApic.SoftwareEnable | Vector),

        // Identity, version, processor priority, logical destination.
        0x02 or 0x03 or 0x0A or 0x0D => new(true, null),

        // What is in service, its trigger modes, what is requested; 8 registers each.
        >= LocalApic.InService and < LocalApic.Requested + 8 => new(true, null),

        // Errors.
        0x28 => new(true, 0),
        0x30 => new(true, ulong.MaxValue),

        // The local vector table, the timer's initial count, and by what it divides.
        0x2F or (>= 0x32 and <= 0x38) or 0x3E => new(true, Word),
        0x39 => new(true, null),

        // An interrupt to itself.
        0x3F => new(false, Vector),
        _ => null,
    };
}
