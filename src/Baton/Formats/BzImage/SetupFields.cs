using Baton.Bytes;

namespace Baton.Formats.BzImage;

/// <summary>
/// The x86 setup header, protocols 2.00 to 2.15. Offsets count from the start of the file, and as well from the start
/// of boot_params. Specification: Linux, Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header".
/// </summary>
public static class SetupFields
{
    /// <summary>Offset of the first field; what lies before it is not the boot loader's to copy.</summary>
    public const int Start = 0x1f1;

    /// <summary>What <see cref="BootFlag"/> holds.</summary>
    public const ushort BootFlagValue = 0xaa55;

    /// <summary>What <see cref="Header"/> holds: <c>HdrS</c>.</summary>
    public const uint HeaderMagic = 0x5372_6448;

    public static readonly Field<byte> SetupSects = new(0x1f1, "setup_sects");
    public static readonly Field<ushort> RootFlags = new(0x1f2, "root_flags");
    public static readonly Field<uint> Syssize = new(0x1f4, "syssize");
    public static readonly Field<ushort> RamSize = new(0x1f8, "ram_size");
    public static readonly Field<ushort> VidMode = new(0x1fa, "vid_mode");
    public static readonly Field<ushort> RootDev = new(0x1fc, "root_dev");
    public static readonly Field<ushort> BootFlag = new(0x1fe, "boot_flag");
    public static readonly Field<ushort> Jump = new(0x200, "jump");
    public static readonly Field<uint> Header = new(0x202, "header");
    public static readonly Field<ushort> Version = new(0x206, "version");
    public static readonly Field<uint> RealmodeSwtch = new(0x208, "realmode_swtch");
    public static readonly Field<ushort> StartSysSeg = new(0x20c, "start_sys_seg");
    public static readonly Field<ushort> KernelVersion = new(0x20e, "kernel_version");
    public static readonly Field<byte> TypeOfLoader = new(0x210, "type_of_loader");
    public static readonly Field<byte> Loadflags = new(0x211, "loadflags");
    public static readonly Field<ushort> SetupMoveSize = new(0x212, "setup_move_size");
    public static readonly Field<uint> Code32Start = new(0x214, "code32_start");
    public static readonly Field<uint> RamdiskImage = new(0x218, "ramdisk_image");
    public static readonly Field<uint> RamdiskSize = new(0x21c, "ramdisk_size");
    public static readonly Field<uint> BootsectKludge = new(0x220, "bootsect_kludge");
    public static readonly Field<ushort> HeapEndPtr = new(0x224, "heap_end_ptr");
    public static readonly Field<byte> ExtLoaderVer = new(0x226, "ext_loader_ver");
    public static readonly Field<byte> ExtLoaderType = new(0x227, "ext_loader_type");
    public static readonly Field<uint> CmdLinePtr = new(0x228, "cmd_line_ptr");
    public static readonly Field<uint> InitrdAddrMax = new(0x22c, "initrd_addr_max");
    public static readonly Field<uint> KernelAlignment = new(0x230, "kernel_alignment");
    public static readonly Field<byte> RelocatableKernel = new(0x234, "relocatable_kernel");
    public static readonly Field<byte> MinAlignment = new(0x235, "min_alignment");
    public static readonly Field<ushort> Xloadflags = new(0x236, "xloadflags");
    public static readonly Field<uint> CmdlineSize = new(0x238, "cmdline_size");
    public static readonly Field<uint> HardwareSubarch = new(0x23c, "hardware_subarch");
    public static readonly Field<ulong> HardwareSubarchData = new(0x240, "hardware_subarch_data");
    public static readonly Field<uint> PayloadOffset = new(0x248, "payload_offset");
    public static readonly Field<uint> PayloadLength = new(0x24c, "payload_length");
    public static readonly Field<ulong> SetupData = new(0x250, "setup_data");
    public static readonly Field<ulong> PrefAddress = new(0x258, "pref_address");
    public static readonly Field<uint> InitSize = new(0x260, "init_size");
    public static readonly Field<uint> HandoverOffset = new(0x264, "handover_offset");
    public static readonly Field<uint> KernelInfoOffset = new(0x268, "kernel_info_offset");

    /// <summary>
    /// Every field in the order of its offset, with the protocol version that brought it. (<c>syssize</c> grew from two
    /// bytes to four in 2.04, which is the version given for it.)
    /// </summary>
    public static IReadOnlyList<DeclaredField> All { get; } =
    [
        DeclaredField.Of(SetupSects),
        DeclaredField.Of(RootFlags),
        DeclaredField.Of(Syssize, 0x204),
        DeclaredField.Of(RamSize),
        DeclaredField.Of(VidMode),
        DeclaredField.Of(RootDev),
        DeclaredField.Of(BootFlag),
        DeclaredField.Of(Jump, 0x200),
        DeclaredField.Of(Header, 0x200),
        DeclaredField.Of(Version, 0x200),
        DeclaredField.Of(RealmodeSwtch, 0x200),
        DeclaredField.Of(StartSysSeg, 0x200),
        DeclaredField.Of(KernelVersion, 0x200),
        DeclaredField.Of(TypeOfLoader, 0x200),
        DeclaredField.Of(Loadflags, 0x200),
        DeclaredField.Of(SetupMoveSize, 0x200),
        DeclaredField.Of(Code32Start, 0x200),
        DeclaredField.Of(RamdiskImage, 0x200),
        DeclaredField.Of(RamdiskSize, 0x200),
        DeclaredField.Of(BootsectKludge, 0x200),
        DeclaredField.Of(HeapEndPtr, 0x201),
        DeclaredField.Of(ExtLoaderVer, 0x202),
        DeclaredField.Of(ExtLoaderType, 0x202),
        DeclaredField.Of(CmdLinePtr, 0x202),
        DeclaredField.Of(InitrdAddrMax, 0x203),
        DeclaredField.Of(KernelAlignment, 0x205),
        DeclaredField.Of(RelocatableKernel, 0x205),
        DeclaredField.Of(MinAlignment, 0x20a),
        DeclaredField.Of(Xloadflags, 0x20c),
        DeclaredField.Of(CmdlineSize, 0x206),
        DeclaredField.Of(HardwareSubarch, 0x207),
        DeclaredField.Of(HardwareSubarchData, 0x207),
        DeclaredField.Of(PayloadOffset, 0x208),
        DeclaredField.Of(PayloadLength, 0x208),
        DeclaredField.Of(SetupData, 0x209),
        DeclaredField.Of(PrefAddress, 0x20a),
        DeclaredField.Of(InitSize, 0x20a),
        DeclaredField.Of(HandoverOffset, 0x20b),
        DeclaredField.Of(KernelInfoOffset, 0x20f),
    ];
}
