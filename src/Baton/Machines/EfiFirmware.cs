using Baton.Memory;

namespace Baton.Machines;

/// <summary>What the running kernel knows of its UEFI firmware (/sys/firmware/efi, and boot_params.efi_info).</summary>
public sealed record EfiFirmware
{
    /// <summary>Bits of the firmware: 64 or 32 (fw_platform_size).</summary>
    public required int PlatformBits { get; init; }

    /// <summary>Physical address of the EFI system table (boot_params.efi_info); null when not known.</summary>
    public PhysicalAddress? SystemTable { get; init; }

    /// <summary>Physical address of the vendor string (fw_vendor); null when not known.</summary>
    public PhysicalAddress? Vendor { get; init; }

    /// <summary>Physical address of the runtime services table (runtime); null when not known.</summary>
    public PhysicalAddress? Runtime { get; init; }

    /// <summary>Physical address of the configuration tables (config_table); null when not known.</summary>
    public PhysicalAddress? ConfigurationTable { get; init; }

    /// <summary>Physical address of the SMBIOS entry point (systab's SMBIOS=, else SMBIOS3=); null when not known.</summary>
    public PhysicalAddress? Smbios { get; init; }

    /// <summary>The runtime part of the EFI memory map, as the running kernel has mapped it (runtime-map).</summary>
    public required IReadOnlyList<EfiMemoryDescriptor> RuntimeMap { get; init; }

    /// <summary>
    /// The whole EFI memory map, as the firmware gave it to the running kernel, with the virtual addresses that the kernel
    /// has entered; null when not known.
    /// </summary>
    public IReadOnlyList<EfiMemoryDescriptor>? CompleteMap { get; init; }

    /// <summary>
    /// Where the whole map lies although nobody may read it now: on amd64 among the ACPI tables, where Linux's EFI stub puts
    /// it, on arm64 where the device tree says, in memory that the kernel has reserved; both stay as they are. Null when the
    /// map is known, and where it is not sure to be whole.
    /// </summary>
    public EfiMapPlace? HiddenMap { get; init; }

    /// <summary>Why <see cref="CompleteMap"/> is not known; null when it is.</summary>
    public string? CompleteMapProblem { get; init; }

    /// <summary>
    /// The files from which nothing is known, of those whose facts a next kernel on x86 must have all to use the firmware's
    /// runtime services: it gets them together (SETUP_EFI, boot_params.efi_info), or is told nothing.
    /// </summary>
    public IReadOnlyList<string> Unknown =>
    [
        .. new (string Path, bool IsKnown)[]
        {
            ("sys/kernel/boot_params/data", SystemTable is not null),
            ($"{EfiReader.Directory}/fw_vendor", Vendor is not null),
            ($"{EfiReader.Directory}/runtime", Runtime is not null),
            ($"{EfiReader.Directory}/config_table", ConfigurationTable is not null),
            ($"{EfiReader.Directory}/runtime-map", RuntimeMap.Count > 0),
        }.Where(item => !item.IsKnown).Select(item => item.Path),
    ];
}
