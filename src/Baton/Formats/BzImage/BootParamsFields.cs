using Baton.Bytes;

namespace Baton.Formats.BzImage;

/// <summary>
/// <c>struct boot_params</c>, the "zero page", without the setup header that lies in it at the offsets of
/// <see cref="SetupFields"/>. Specification: Linux, Documentation/arch/x86/zero-page.rst and the uapi header
/// asm/bootparam.h.
/// </summary>
public static class BootParamsFields
{
    /// <summary>Size of the structure in bytes: one page.</summary>
    public const int Size = 0x1000;

    /// <summary>The most entries that <see cref="E820Table"/> holds; more go to a SETUP_E820_EXT node.</summary>
    public const int E820MaxEntries = 128;

    /// <summary>Bytes of an entry of <see cref="E820Table"/>: addr (8), size (8), type (4).</summary>
    public const int E820EntrySize = 20;

    /// <summary>The most entries of <see cref="EddMbrSigBuffer"/>, four bytes each.</summary>
    public const int EddMbrSigMax = 16;

    /// <summary>The most entries of <see cref="Eddbuf"/>.</summary>
    public const int EddMaxNr = 6;

    /// <summary>Bytes of an entry of <see cref="Eddbuf"/>.</summary>
    public const int EddInfoSize = 82;

    /// <summary>What efi_loader_signature holds for a 64-bit firmware: <c>EL64</c>.</summary>
    public const uint Efi64LoaderSignature = 0x3436_4c45;

    /// <summary>What efi_loader_signature holds for a 32-bit firmware: <c>EL32</c>.</summary>
    public const uint Efi32LoaderSignature = 0x3233_4c45;

    public static readonly DeclaredBlock ScreenInfo = new(0x000, 0x40, "screen_info");
    public static readonly Field<byte> OrigX = new(0x00, "screen_info.orig_x");
    public static readonly Field<byte> OrigY = new(0x01, "screen_info.orig_y");
    public static readonly Field<ushort> ExtMemK = new(0x02, "screen_info.ext_mem_k");
    public static readonly Field<ushort> OrigVideoPage = new(0x04, "screen_info.orig_video_page");
    public static readonly Field<byte> OrigVideoMode = new(0x06, "screen_info.orig_video_mode");
    public static readonly Field<byte> OrigVideoCols = new(0x07, "screen_info.orig_video_cols");
    public static readonly Field<byte> ScreenFlags = new(0x08, "screen_info.flags");
    public static readonly Field<ushort> OrigVideoEgaBx = new(0x0a, "screen_info.orig_video_ega_bx");
    public static readonly Field<byte> OrigVideoLines = new(0x0e, "screen_info.orig_video_lines");
    public static readonly Field<byte> OrigVideoIsVga = new(0x0f, "screen_info.orig_video_isVGA");
    public static readonly Field<ushort> OrigVideoPoints = new(0x10, "screen_info.orig_video_points");
    public static readonly Field<ushort> LfbWidth = new(0x12, "screen_info.lfb_width");
    public static readonly Field<ushort> LfbHeight = new(0x14, "screen_info.lfb_height");
    public static readonly Field<ushort> LfbDepth = new(0x16, "screen_info.lfb_depth");
    public static readonly Field<uint> LfbBase = new(0x18, "screen_info.lfb_base");
    public static readonly Field<uint> LfbSize = new(0x1c, "screen_info.lfb_size");
    public static readonly Field<ushort> ClMagic = new(0x20, "screen_info.cl_magic");
    public static readonly Field<ushort> ClOffset = new(0x22, "screen_info.cl_offset");
    public static readonly Field<ushort> LfbLinelength = new(0x24, "screen_info.lfb_linelength");
    public static readonly Field<byte> RedSize = new(0x26, "screen_info.red_size");
    public static readonly Field<byte> RedPos = new(0x27, "screen_info.red_pos");
    public static readonly Field<byte> GreenSize = new(0x28, "screen_info.green_size");
    public static readonly Field<byte> GreenPos = new(0x29, "screen_info.green_pos");
    public static readonly Field<byte> BlueSize = new(0x2a, "screen_info.blue_size");
    public static readonly Field<byte> BluePos = new(0x2b, "screen_info.blue_pos");
    public static readonly Field<byte> RsvdSize = new(0x2c, "screen_info.rsvd_size");
    public static readonly Field<byte> RsvdPos = new(0x2d, "screen_info.rsvd_pos");
    public static readonly Field<ushort> VesapmSeg = new(0x2e, "screen_info.vesapm_seg");
    public static readonly Field<ushort> VesapmOff = new(0x30, "screen_info.vesapm_off");
    public static readonly Field<ushort> Pages = new(0x32, "screen_info.pages");
    public static readonly Field<ushort> VesaAttributes = new(0x34, "screen_info.vesa_attributes");
    public static readonly Field<uint> Capabilities = new(0x36, "screen_info.capabilities");
    public static readonly Field<uint> ExtLfbBase = new(0x3a, "screen_info.ext_lfb_base");

    public static readonly DeclaredBlock ApmBiosInfo = new(0x040, 0x14, "apm_bios_info");
    public static readonly Field<ulong> TbootAddr = new(0x058, "tboot_addr");
    public static readonly DeclaredBlock IstInfo = new(0x060, 0x10, "ist_info");
    public static readonly Field<ulong> AcpiRsdpAddr = new(0x070, "acpi_rsdp_addr");
    public static readonly DeclaredBlock Hd0Info = new(0x080, 0x10, "hd0_info");
    public static readonly DeclaredBlock Hd1Info = new(0x090, 0x10, "hd1_info");
    public static readonly DeclaredBlock SysDescTable = new(0x0a0, 0x10, "sys_desc_table");
    public static readonly DeclaredBlock OlpcOfwHeader = new(0x0b0, 0x10, "olpc_ofw_header");
    public static readonly Field<uint> ExtRamdiskImage = new(0x0c0, "ext_ramdisk_image");
    public static readonly Field<uint> ExtRamdiskSize = new(0x0c4, "ext_ramdisk_size");
    public static readonly Field<uint> ExtCmdLinePtr = new(0x0c8, "ext_cmd_line_ptr");
    public static readonly Field<uint> CcBlobAddress = new(0x13c, "cc_blob_address");
    public static readonly DeclaredBlock EdidInfo = new(0x140, 0x80, "edid_info");

    public static readonly DeclaredBlock EfiInfo = new(0x1c0, 0x20, "efi_info");
    public static readonly Field<uint> EfiLoaderSignature = new(0x1c0, "efi_info.efi_loader_signature");
    public static readonly Field<uint> EfiSystab = new(0x1c4, "efi_info.efi_systab");
    public static readonly Field<uint> EfiMemdescSize = new(0x1c8, "efi_info.efi_memdesc_size");
    public static readonly Field<uint> EfiMemdescVersion = new(0x1cc, "efi_info.efi_memdesc_version");
    public static readonly Field<uint> EfiMemmap = new(0x1d0, "efi_info.efi_memmap");
    public static readonly Field<uint> EfiMemmapSize = new(0x1d4, "efi_info.efi_memmap_size");
    public static readonly Field<uint> EfiSystabHi = new(0x1d8, "efi_info.efi_systab_hi");
    public static readonly Field<uint> EfiMemmapHi = new(0x1dc, "efi_info.efi_memmap_hi");

    public static readonly Field<uint> AltMemK = new(0x1e0, "alt_mem_k");
    public static readonly Field<uint> Scratch = new(0x1e4, "scratch");
    public static readonly Field<byte> E820Entries = new(0x1e8, "e820_entries");
    public static readonly Field<byte> EddbufEntries = new(0x1e9, "eddbuf_entries");
    public static readonly Field<byte> EddMbrSigBufEntries = new(0x1ea, "edd_mbr_sig_buf_entries");
    public static readonly Field<byte> KbdStatus = new(0x1eb, "kbd_status");
    public static readonly Field<byte> SecureBoot = new(0x1ec, "secure_boot");
    public static readonly Field<byte> Sentinel = new(0x1ef, "sentinel");
    public static readonly DeclaredBlock EddMbrSigBuffer = new(0x290, EddMbrSigMax * 4, "edd_mbr_sig_buffer");
    public static readonly DeclaredBlock E820Table = new(0x2d0, E820MaxEntries * E820EntrySize, "e820_table");
    public static readonly DeclaredBlock Eddbuf = new(0xd00, EddMaxNr * EddInfoSize, "eddbuf");

    /// <summary>Every field with a number in it, in the order of its offset.</summary>
    public static IReadOnlyList<DeclaredField> All { get; } =
    [
        .. ScreenInfoFields(),
        DeclaredField.Of(TbootAddr),
        DeclaredField.Of(AcpiRsdpAddr),
        DeclaredField.Of(ExtRamdiskImage),
        DeclaredField.Of(ExtRamdiskSize),
        DeclaredField.Of(ExtCmdLinePtr),
        DeclaredField.Of(CcBlobAddress),
        DeclaredField.Of(EfiLoaderSignature),
        DeclaredField.Of(EfiSystab),
        DeclaredField.Of(EfiMemdescSize),
        DeclaredField.Of(EfiMemdescVersion),
        DeclaredField.Of(EfiMemmap),
        DeclaredField.Of(EfiMemmapSize),
        DeclaredField.Of(EfiSystabHi),
        DeclaredField.Of(EfiMemmapHi),
        DeclaredField.Of(AltMemK),
        DeclaredField.Of(Scratch),
        DeclaredField.Of(E820Entries),
        DeclaredField.Of(EddbufEntries),
        DeclaredField.Of(EddMbrSigBufEntries),
        DeclaredField.Of(KbdStatus),
        DeclaredField.Of(SecureBoot),
        DeclaredField.Of(Sentinel),
    ];

    /// <summary>Every array and structure, in the order of its offset.</summary>
    public static IReadOnlyList<DeclaredBlock> Blocks { get; } =
    [
        ScreenInfo, ApmBiosInfo, IstInfo, Hd0Info, Hd1Info, SysDescTable, OlpcOfwHeader, EdidInfo, EfiInfo,
        EddMbrSigBuffer, E820Table, Eddbuf,
    ];

    private static DeclaredField[] ScreenInfoFields() =>
    [
        DeclaredField.Of(OrigX),
        DeclaredField.Of(OrigY),
        DeclaredField.Of(ExtMemK),
        DeclaredField.Of(OrigVideoPage),
        DeclaredField.Of(OrigVideoMode),
        DeclaredField.Of(OrigVideoCols),
        DeclaredField.Of(ScreenFlags),
        DeclaredField.Of(OrigVideoEgaBx),
        DeclaredField.Of(OrigVideoLines),
        DeclaredField.Of(OrigVideoIsVga),
        DeclaredField.Of(OrigVideoPoints),
        DeclaredField.Of(LfbWidth),
        DeclaredField.Of(LfbHeight),
        DeclaredField.Of(LfbDepth),
        DeclaredField.Of(LfbBase),
        DeclaredField.Of(LfbSize),
        DeclaredField.Of(ClMagic),
        DeclaredField.Of(ClOffset),
        DeclaredField.Of(LfbLinelength),
        DeclaredField.Of(RedSize),
        DeclaredField.Of(RedPos),
        DeclaredField.Of(GreenSize),
        DeclaredField.Of(GreenPos),
        DeclaredField.Of(BlueSize),
        DeclaredField.Of(BluePos),
        DeclaredField.Of(RsvdSize),
        DeclaredField.Of(RsvdPos),
        DeclaredField.Of(VesapmSeg),
        DeclaredField.Of(VesapmOff),
        DeclaredField.Of(Pages),
        DeclaredField.Of(VesaAttributes),
        DeclaredField.Of(Capabilities),
        DeclaredField.Of(ExtLfbBase),
    ];
}
