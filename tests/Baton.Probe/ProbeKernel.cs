using System.Text;
using Baton.Bytes;

namespace Baton.Probe;

/// <summary>
/// A bzImage that is no Linux: a valid setup header, and behind its 64-bit entry a program that writes to the first
/// serial port what it found there (see <see cref="ProbeOutput"/>) and then ends QEMU through isa-debug-exit at 0xf4.
/// It tells what the next kernel really sees, where a kernel only tells what it made of it.
/// </summary>
public sealed record ProbeKernel
{
    /// <summary>QEMU's exit status when the probe has come to its end.</summary>
    public const int ExitStatus = (ProbeProgram.ExitValue << 1) | 1;

    /// <summary>QEMU's exit status when the probe met an exception.</summary>
    public const int FaultStatus = (ProbeProgram.FaultValue << 1) | 1;

    private const int SectorSize = 512;

    /// <summary>Sectors of the real-mode part behind the first.</summary>
    private const int SetupSectors = 1;

    private const ushort Kernel64 = 1 << 0;
    private const ushort CanBeLoadedAbove4G = 1 << 1;
    private const ushort EfiKexec = 1 << 4;
    private const ushort FiveLevel = 1 << 5;
    private const ushort FiveLevelEnabled = 1 << 6;
    private const int VersionOffset = 0x300;

    // Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header". Declared here a second time on purpose: the
    // probe is a judge of the library and shares no table with it.
    private static readonly Field<byte> SetupSects = new(0x1F1, "setup_sects");
    private static readonly Field<uint> SysSize = new(0x1F4, "syssize");
    private static readonly Field<ushort> BootFlag = new(0x1FE, "boot_flag");
    private static readonly Field<ushort> Jump = new(0x200, "jump");
    private static readonly Field<uint> Header = new(0x202, "header");
    private static readonly Field<ushort> Version = new(0x206, "version");
    private static readonly Field<ushort> KernelVersion = new(0x20E, "kernel_version");
    private static readonly Field<byte> LoadFlags = new(0x211, "loadflags");
    private static readonly Field<uint> Code32Start = new(0x214, "code32_start");
    private static readonly Field<uint> InitrdAddrMax = new(0x22C, "initrd_addr_max");
    private static readonly Field<uint> KernelAlignment = new(0x230, "kernel_alignment");
    private static readonly Field<byte> RelocatableKernel = new(0x234, "relocatable_kernel");
    private static readonly Field<byte> MinAlignment = new(0x235, "min_alignment");
    private static readonly Field<ushort> Xloadflags = new(0x236, "xloadflags");
    private static readonly Field<uint> CmdlineSizeField = new(0x238, "cmdline_size");
    private static readonly Field<ulong> PrefAddressField = new(0x258, "pref_address");
    private static readonly Field<uint> InitSizeField = new(0x260, "init_size");

    /// <summary>init_size in bytes; the probe writes to the last 8 of them and reads them back.</summary>
    public uint InitSize { get; init; } = 0x200_0000;

    public ulong PrefAddress { get; init; } = 0x100_0000;

    /// <summary>Whether xloadflags has XLF_5LEVEL: the kernel can be entered with 5-level paging on.</summary>
    public bool Takes5Level { get; init; } = true;

    /// <summary>Whether xloadflags has XLF_CAN_BE_LOADED_ABOVE_4G.</summary>
    public bool LoadsAbove4G { get; init; } = true;

    public bool Relocatable { get; init; } = true;

    /// <summary>The longest command line, without its NUL.</summary>
    public uint CmdlineSize { get; init; } = 2047;

    /// <summary>The image.</summary>
    public byte[] Build()
    {
        const int ProtectedModeOffset = (SetupSectors + 1) * SectorSize;
        byte[] program = ProbeProgram.Assemble(InitSize);
        byte[] image = new byte[ProtectedModeOffset + program.Length];
        program.CopyTo(image, ProtectedModeOffset);
        Encoding.ASCII.GetBytes("0.1-probe (baton)\0").CopyTo(image, VersionOffset);

        SetupSects.Write(image, SetupSectors);
        SysSize.Write(image, (uint)((program.Length + 15) / 16));
        BootFlag.Write(image, 0xAA55);
        Jump.Write(image, 0x6AEB); // jmp over the header, which ends at 0x26c
        Header.Write(image, 0x53726448);
        Version.Write(image, 0x020F);
        KernelVersion.Write(image, VersionOffset - SectorSize);
        LoadFlags.Write(image, 1);
        Code32Start.Write(image, 0x10_0000);
        InitrdAddrMax.Write(image, 0x7FFF_FFFF);
        KernelAlignment.Write(image, 0x20_0000);
        RelocatableKernel.Write(image, Relocatable ? (byte)1 : (byte)0);
        MinAlignment.Write(image, 21);
        Xloadflags.Write(image, (ushort)(
            Kernel64 | EfiKexec
            | (LoadsAbove4G ? CanBeLoadedAbove4G : 0)
            | (Takes5Level ? FiveLevel | FiveLevelEnabled : 0)));
        CmdlineSizeField.Write(image, CmdlineSize);
        PrefAddressField.Write(image, PrefAddress);
        InitSizeField.Write(image, InitSize);
        return image;
    }
}
