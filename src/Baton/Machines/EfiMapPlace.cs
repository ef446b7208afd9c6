using Baton.Memory;

namespace Baton.Machines;

/// <summary>Where the running kernel's loader has put the firmware's memory map (boot_params.efi_info).</summary>
/// <param name="Range">The map's physical memory.</param>
/// <param name="DescriptorSize">Bytes from one descriptor to the next (efi_memdesc_size); at least 40.</param>
/// <param name="DescriptorVersion">efi_memdesc_version.</param>
public sealed record EfiMapPlace(PhysicalRange Range, uint DescriptorSize, uint DescriptorVersion);
