using Baton.Memory;

namespace Baton.Machines;

/// <summary>One EFI_MEMORY_DESCRIPTOR (UEFI 2.10 section 7.2.3).</summary>
/// <param name="Type">EFI_MEMORY_TYPE.</param>
/// <param name="Range">Physical memory; the descriptor counts it in pages of 4096 bytes.</param>
/// <param name="VirtualStart">Where the running kernel has mapped it for the firmware's runtime services.</param>
/// <param name="Attributes">EFI_MEMORY_* bits.</param>
public sealed record EfiMemoryDescriptor(uint Type, PhysicalRange Range, ulong VirtualStart, ulong Attributes)
{
    /// <summary>
    /// Whether a kernel may use it as ordinary memory once it has left the boot services: loader code and data, boot services
    /// code and data, conventional memory (UEFI 2.10 section 7.2.3, table 7.10).
    /// </summary>
    public bool IsMemory => Type is >= 1 and <= 4 or 7;
}
