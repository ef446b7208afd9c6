using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Machines;

/// <summary>
/// Everything that planning needs to know of a machine, with where it was learnt. Read from the live system, a
/// directory or a machine record, which are the same thing to the reader.
/// </summary>
public sealed record Machine
{
    /// <summary>Where the facts come from: <c>/</c>, or the record's file name.</summary>
    public required string Source { get; init; }

    /// <summary>The instruction set.</summary>
    public required Architecture Architecture { get; init; }

    /// <summary>What the firmware says of memory: the truth for the next kernel.</summary>
    public required MemoryMap FirmwareMemory { get; init; }

    /// <summary>What the running kernel says of memory (/proc/iomem): the truth for what may be written now.</summary>
    public required MemoryMap RunningMemory { get; init; }

    /// <summary>Memory that a segment may be put into: RAM in both maps, less what either calls special.</summary>
    public required RangeSet Usable { get; init; }

    /// <summary>The top-level System RAM of /proc/iomem, with neighbours joined; empty when it is not known.</summary>
    public RangeSet SystemRam { get; init; } = RangeSet.Empty;

    public required FirmwareKind Firmware { get; init; }

    /// <summary>UEFI facts; null on other firmware.</summary>
    public EfiFirmware? Efi { get; init; }

    /// <summary>Physical address of the ACPI RSDP; null when the next kernel must find it by itself.</summary>
    public PhysicalAddress? AcpiRsdp { get; init; }

    /// <summary>Who said where the RSDP is; empty when nobody did.</summary>
    public string AcpiRsdpSource { get; init; } = "";

    /// <summary>The firmware's framebuffer; null when there is none.</summary>
    public Framebuffer? Framebuffer { get; init; }

    /// <summary>The running kernel's boot_params (4096 bytes); empty when it has none to show.</summary>
    public ReadOnlyMemory<byte> BootParams { get; init; }

    /// <summary>The running kernel's device tree as the firmware or boot loader gave it (a blob); empty without one.</summary>
    public ReadOnlyMemory<byte> Fdt { get; init; }

    public required ProcessorFacts Processor { get; init; }

    /// <summary>What encrypts the running kernel's memory; null for nothing that is known.</summary>
    public MemoryEncryption? MemoryEncryption { get; init; }

    public required RunningKernel Kernel { get; init; }

    public required MemoryTotals Totals { get; init; }

    public required KexecAbility Kexec { get; init; }

    /// <summary>Which pages are free at the moment; null when not known (not root, or a record).</summary>
    public FreePages? FreePages { get; init; }

    /// <summary>What was noticed while reading.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }
}
