using Baton.Bytes;
using Baton.Memory;
using Fields = Baton.Formats.BzImage.BootParamsFields;

namespace Baton.Machines;

/// <summary>
/// The running kernel's boot_params (/sys/kernel/boot_params/data; Documentation/arch/x86/zero-page.rst): what its own
/// loader told it.
/// </summary>
public sealed record RunningBootParams
{
    /// <summary>VIDEO_CAPABILITY_64BIT_BASE of screen_info.capabilities.</summary>
    private const uint Base64Bit = 1 << 1;

    /// <summary>Where the ACPI RSDP is; null when the loader did not say.</summary>
    public required PhysicalAddress? AcpiRsdp { get; init; }

    /// <summary>Bits of the EFI firmware by the loader's signature (EL64, EL32); null when there is none.</summary>
    public required int? EfiBits { get; init; }

    /// <summary>The EFI system table; null when there is none.</summary>
    public required PhysicalAddress? EfiSystemTable { get; init; }

    /// <summary>Where the firmware's EFI memory map lies; null when there is none.</summary>
    public required EfiMapPlace? EfiMap { get; init; }

    /// <summary>The memory map that the loader gave, as far as there is room for it; see RunningSetupData.</summary>
    public required IReadOnlyList<MemoryRegion> E820 { get; init; }

    /// <summary>Whether UEFI Secure Boot is on; null when the loader did not find out.</summary>
    public required bool? SecureBoot { get; init; }

    /// <summary>The framebuffer that the firmware or loader had set up; null for text mode and for none.</summary>
    public required Framebuffer? Framebuffer { get; init; }

    /// <summary>Reads the structure.</summary>
    /// <exception cref="ImageFormatException">It is shorter than 4096 bytes, or a value is out of range.</exception>
    public static RunningBootParams Parse(ReadOnlyMemory<byte> bytes, string name)
    {
        ByteView image = new(bytes.Span, name);
        _ = image.Take(0, Fields.Size, "boot_params");
        ulong rsdp = Fields.AcpiRsdpAddr.Read(image);
        if (ImpossibleAddress.WhyNot(rsdp) is { } noRsdp)
        {
            throw Fields.AcpiRsdpAddr.Fault(image, ImageError.OutOfRange, noRsdp);
        }

        int? efiBits = Fields.EfiLoaderSignature.Read(image) switch
        {
            Fields.Efi64LoaderSignature => 64,
            Fields.Efi32LoaderSignature => 32,
            _ => null,
        };
        uint systemTableHigh = efiBits == 64 ? Fields.EfiSystabHi.Read(image) : 0;
        ulong systemTable = Fields.EfiSystab.Read(image) | ((ulong)systemTableHigh << 32);
        if (ImpossibleAddress.WhyNot(systemTable) is { } noTable)
        {
            throw Fields.EfiSystabHi.Fault(image, ImageError.OutOfRange, noTable);
        }

        return new RunningBootParams
        {
            AcpiRsdp = rsdp == 0 ? null : new PhysicalAddress(rsdp),
            EfiBits = efiBits,
            EfiSystemTable = efiBits is null || systemTable == 0 ? null : new PhysicalAddress(systemTable),
            EfiMap = efiBits is null ? null : ReadEfiMap(image, efiBits == 64),
            E820 = ReadE820(image),
            SecureBoot = Fields.SecureBoot.Read(image) switch
            {
                2 => false,
                3 => true,
                _ => null,
            },
            Framebuffer = ReadFramebuffer(image),
        };
    }

    private static EfiMapPlace? ReadEfiMap(ByteView image, bool isWide)
    {
        uint high = isWide ? Fields.EfiMemmapHi.Read(image) : 0;
        PhysicalAddress start = new(Fields.EfiMemmap.Read(image) | ((ulong)high << 32));
        uint size = Fields.EfiMemmapSize.Read(image);
        return start == PhysicalAddress.Zero || size == 0 || start >= PhysicalAddress.Limit
            || size > PhysicalAddress.Limit - start
            ? null
            : new EfiMapPlace(
                new PhysicalRange(start, size), Fields.EfiMemdescSize.Read(image), Fields.EfiMemdescVersion.Read(image));
    }

    private static List<MemoryRegion> ReadE820(ByteView image)
    {
        int count = Fields.E820Entries.Read(image);
        if (count > Fields.E820MaxEntries)
        {
            throw Fields.E820Entries.Fault(
                image,
                ImageError.OutOfRange,
                $"found {count} entries, the table has room for {Fields.E820MaxEntries}");
        }

        return E820Entries.Read(image, Fields.E820Table.Offset, count, "boot_params");
    }

    private static Framebuffer? ReadFramebuffer(ByteView image)
    {
        byte type = Fields.OrigVideoIsVga.Read(image);
        if (type is not (Framebuffer.Vesa or Framebuffer.Efi))
        {
            return null;
        }

        bool isWide = (Fields.Capabilities.Read(image) & Base64Bit) != 0;
        ulong start = Fields.LfbBase.Read(image) | (isWide ? (ulong)Fields.ExtLfbBase.Read(image) << 32 : 0);

        // VESA's BIOS counts in blocks of 64 KiB.
        ulong size = (ulong)Fields.LfbSize.Read(image) << (type == Framebuffer.Vesa ? 16 : 0);
        if (start == 0 || size == 0)
        {
            return null;
        }

        if (!PhysicalRange.Fits(new PhysicalAddress(start), size))
        {
            throw Fields.LfbSize.Fault(image, ImageError.OutOfRange, $"0x{size:x} bytes from 0x{start:x} wrap around");
        }

        return new Framebuffer(
            type,
            new PhysicalRange(new PhysicalAddress(start), size),
            Fields.LfbWidth.Read(image),
            Fields.LfbHeight.Read(image),
            Fields.LfbDepth.Read(image),
            Fields.LfbLinelength.Read(image),
            "");
    }
}
