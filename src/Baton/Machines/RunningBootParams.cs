using Baton.Bytes;
using Baton.Memory;

namespace Baton.Machines;

/// <summary>
/// The running kernel's boot_params (/sys/kernel/boot_params/data; Documentation/arch/x86/zero-page.rst): what its own
/// loader told it.
/// </summary>
public sealed record RunningBootParams
{
    /// <summary>Size of the structure in bytes.</summary>
    public const int Size = 4096;

    private const int E820Capacity = 128;
    private const int E820EntrySize = 20;
    private const uint Base64Bit = 1 << 1;

    private static readonly Field<byte> VideoType = new(0x00f, "orig_video_isVGA");
    private static readonly Field<ushort> LfbWidth = new(0x012, "lfb_width");
    private static readonly Field<ushort> LfbHeight = new(0x014, "lfb_height");
    private static readonly Field<ushort> LfbDepth = new(0x016, "lfb_depth");
    private static readonly Field<uint> LfbBase = new(0x018, "lfb_base");
    private static readonly Field<uint> LfbSize = new(0x01c, "lfb_size");
    private static readonly Field<ushort> LfbLineLength = new(0x024, "lfb_linelength");
    private static readonly Field<uint> Capabilities = new(0x036, "capabilities");
    private static readonly Field<uint> ExtLfbBase = new(0x03a, "ext_lfb_base");
    private static readonly Field<ulong> AcpiRsdpAddr = new(0x070, "acpi_rsdp_addr");
    private static readonly Field<uint> EfiLoaderSignature = new(0x1c0, "efi_loader_signature");
    private static readonly Field<uint> EfiSystab = new(0x1c4, "efi_systab");
    private static readonly Field<uint> EfiSystabHi = new(0x1d8, "efi_systab_hi");
    private static readonly Field<byte> E820Entries = new(0x1e8, "e820_entries");
    private static readonly Field<byte> SecureBootField = new(0x1ec, "secure_boot");
    private static readonly Field<ulong> E820Addr = new(0, "e820_table.addr");
    private static readonly Field<ulong> E820Size = new(8, "e820_table.size");
    private static readonly Field<uint> E820Type = new(16, "e820_table.type");
    private const int E820Table = 0x2d0;

    /// <summary>Where the ACPI RSDP is; null when the loader did not say.</summary>
    public required PhysicalAddress? AcpiRsdp { get; init; }

    /// <summary>Bits of the EFI firmware by the loader's signature (EL64, EL32); null when there is none.</summary>
    public required int? EfiBits { get; init; }

    /// <summary>The EFI system table; null when there is none.</summary>
    public required PhysicalAddress? EfiSystemTable { get; init; }

    /// <summary>The memory map that the loader gave.</summary>
    public required IReadOnlyList<MemoryRegion> E820 { get; init; }

    /// <summary>Whether UEFI Secure Boot is on; null when the loader did not find out.</summary>
    public required bool? SecureBoot { get; init; }

    /// <summary>The framebuffer that the firmware or loader had set up; null when the screen is in text mode or absent.</summary>
    public required Framebuffer? Framebuffer { get; init; }

    /// <summary>Reads the structure.</summary>
    /// <exception cref="ImageFormatException">It is shorter than 4096 bytes, or a value is out of range.</exception>
    public static RunningBootParams Parse(ReadOnlyMemory<byte> bytes, string name)
    {
        ByteView image = new(bytes.Span, name);
        _ = image.Take(0, Size, "boot_params");
        ulong rsdp = AcpiRsdpAddr.Read(image);
        int? efiBits = EfiLoaderSignature.Read(image) switch
        {
            0x34364c45 => 64,
            0x32334c45 => 32,
            _ => null,
        };
        ulong systemTable = EfiSystab.Read(image) | (efiBits == 64 ? (ulong)EfiSystabHi.Read(image) << 32 : 0);
        return new RunningBootParams
        {
            AcpiRsdp = rsdp == 0 ? null : new PhysicalAddress(rsdp),
            EfiBits = efiBits,
            EfiSystemTable = efiBits is null || systemTable == 0 ? null : new PhysicalAddress(systemTable),
            E820 = ReadE820(image),
            SecureBoot = SecureBootField.Read(image) switch
            {
                2 => false,
                3 => true,
                _ => null,
            },
            Framebuffer = ReadFramebuffer(image),
        };
    }

    private static List<MemoryRegion> ReadE820(ByteView image)
    {
        int count = E820Entries.Read(image);
        if (count > E820Capacity)
        {
            throw E820Entries.Fault(
                image, ImageError.OutOfRange, $"found {count} entries, the table has room for {E820Capacity}");
        }

        List<MemoryRegion> regions = [];
        for (int i = 0; i < count; i++)
        {
            int origin = E820Table + (i * E820EntrySize);
            PhysicalAddress start = new(E820Addr.ReadAt(image, origin));
            ulong size = E820Size.ReadAt(image, origin);
            if (!PhysicalRange.Fits(start, size))
            {
                throw image.Fault(
                    ImageError.OutOfRange,
                    origin + E820Size.Offset,
                    E820Size.Name,
                    $"0x{size:x} bytes from {start} reach beyond the 64-bit address space");
            }

            MemoryKind kind = new(E820Type.ReadAt(image, origin));
            regions.Add(new MemoryRegion(new PhysicalRange(start, size), kind, "boot_params"));
        }

        return regions;
    }

    private static Framebuffer? ReadFramebuffer(ByteView image)
    {
        byte type = VideoType.Read(image);
        if (type is not (Framebuffer.Vesa or Framebuffer.Efi))
        {
            return null;
        }

        bool isWide = (Capabilities.Read(image) & Base64Bit) != 0;
        ulong start = LfbBase.Read(image) | (isWide ? (ulong)ExtLfbBase.Read(image) << 32 : 0);

        // VESA's BIOS counts in blocks of 64 KiB.
        ulong size = (ulong)LfbSize.Read(image) << (type == Framebuffer.Vesa ? 16 : 0);
        if (start == 0 || size == 0)
        {
            return null;
        }

        if (!PhysicalRange.Fits(new PhysicalAddress(start), size))
        {
            throw LfbSize.Fault(image, ImageError.OutOfRange, $"0x{size:x} bytes from 0x{start:x} wrap around");
        }

        return new Framebuffer(
            type,
            new PhysicalRange(new PhysicalAddress(start), size),
            LfbWidth.Read(image),
            LfbHeight.Read(image),
            LfbDepth.Read(image),
            LfbLineLength.Read(image),
            "");
    }
}
