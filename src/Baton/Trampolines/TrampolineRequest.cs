using Baton.Memory;

namespace Baton.Trampolines;

/// <summary>What the trampoline of the Linux/x86 64-bit boot protocol needs to know.</summary>
public sealed record TrampolineRequest
{
    /// <summary>Where it will lie: a page boundary, all of it below 4 GiB.</summary>
    public required PhysicalAddress Base { get; init; }

    /// <summary>
    /// The memory that the next kernel may touch before it has page tables of its own: at least the trampoline, the
    /// kernel with its init_size, boot_params, the command line and the initrd.
    /// </summary>
    public required RangeSet Identity { get; init; }

    /// <summary>Whether the processor has pages of 1 GiB.</summary>
    public required bool GigabytePages { get; init; }

    /// <summary>The kernel's 64-bit entry point: 0x200 behind the start of its protected-mode part.</summary>
    public required PhysicalAddress Entry { get; init; }

    /// <summary>Where boot_params lies.</summary>
    public required PhysicalAddress BootParams { get; init; }

    /// <summary>
    /// Whether the kernel can be entered with 5-level paging on (XLF_5LEVEL in xloadflags). If not, and if the
    /// machine runs with it, the trampoline leaves long mode to switch it off.
    /// </summary>
    public required bool KernelTakes5Level { get; init; }
}
