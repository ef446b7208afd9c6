using Baton.Bytes;
using Baton.Memory;

namespace Baton.Formats.BzImage;

/// <summary>
/// The setup header of a bzImage, checked, with the documented defaults of fields that an older protocol does not
/// have. Specification: Linux, Documentation/arch/x86/boot.rst.
/// </summary>
public sealed record BzImageHeader
{
    /// <summary>The oldest protocol that is read: the first with relocatable kernels.</summary>
    public const ushort OldestVersion = 0x205;

    /// <summary>The newest protocol whose fields are known; later ones only add to it.</summary>
    public const ushort NewestVersion = 0x20f;

    /// <summary>Where a kernel runs that does not say so: 1 MiB.</summary>
    public const ulong DefaultLoadAddress = 0x10_0000;

    private const int SectorSize = 512;
    private const ushort ShortJump = 0xeb;

    /// <summary>Protocol version as stored: <c>0xMMmm</c>.</summary>
    public required ushort Version { get; init; }

    /// <summary>Sectors of real-mode code behind the boot sector; a stored 0 is 4.</summary>
    public required int SetupSects { get; init; }

    /// <summary>First byte behind the setup header, as an offset like those of <see cref="SetupFields"/>.</summary>
    public required int SetupHeaderEnd { get; init; }

    /// <summary>The header as it is in the file: [0x1f1, <see cref="SetupHeaderEnd"/>).</summary>
    public required ReadOnlyMemory<byte> SetupHeader { get; init; }

    /// <summary>Size of the protected-mode code in paragraphs of 16 bytes.</summary>
    public required uint Syssize { get; init; }

    /// <summary>Offset of the version string, less 0x200; 0 when there is none.</summary>
    public required ushort KernelVersionPointer { get; init; }

    public required LoadFlags LoadFlags { get; init; }

    public required XLoadFlags XLoadFlags { get; init; }

    /// <summary>Where the real-mode code jumps to, in bytes; a hook for loaders that move the kernel.</summary>
    public required uint Code32Start { get; init; }

    /// <summary>The highest address that a byte of the initrd may have, for loaders that stay below 4 GiB.</summary>
    public required uint InitrdAddrMax { get; init; }

    /// <summary>Whether the kernel runs at any multiple of <see cref="KernelAlignment"/>.</summary>
    public required bool Relocatable { get; init; }

    /// <summary>The alignment in bytes that the kernel wants; a power of two when it is relocatable.</summary>
    public required uint KernelAlignment { get; init; }

    /// <summary>The least alignment in bytes with which it still boots; a power of two when it is relocatable.</summary>
    public required uint MinAlignment { get; init; }

    /// <summary>The longest command line in bytes, without the final NUL.</summary>
    public required uint CmdlineSize { get; init; }

    public required uint HardwareSubarch { get; init; }

    public required ulong HardwareSubarchData { get; init; }

    /// <summary>Offset of the compressed kernel from the start of the protected-mode code; 0 when not given.</summary>
    public required uint PayloadOffset { get; init; }

    /// <summary>Size of the compressed kernel in bytes; 0 when not given.</summary>
    public required uint PayloadLength { get; init; }

    /// <summary>The head of the setup_data list that the file came with; a loader's to fill in.</summary>
    public required ulong SetupData { get; init; }

    /// <summary>Where the kernel wants to run.</summary>
    public required PhysicalAddress PrefAddress { get; init; }

    /// <summary>
    /// Bytes from the kernel's start that it uses before it looks at its memory map; for protocols before 2.10, three
    /// times the protected-mode code, which is what loaders assume.
    /// </summary>
    public required ulong InitSize { get; init; }

    /// <summary>Offset of the EFI handover entry point from the start of the protected-mode code; 0 when none.</summary>
    public required uint HandoverOffset { get; init; }

    /// <summary>Offset of <c>kernel_info</c> from the start of the protected-mode code; 0 when none.</summary>
    public required uint KernelInfoOffset { get; init; }

    /// <summary>The version as people write it: <c>2.15</c>.</summary>
    public string VersionText => FormatVersion(Version);

    /// <summary>Whether the version's <c>init_size</c> is assumed and not given.</summary>
    public bool InitSizeAssumed => !Has(SetupFields.InitSize.Name);

    /// <summary>Offset of the protected-mode code in the file, in bytes.</summary>
    public long KernelOffset => (SetupSects + 1L) * SectorSize;

    /// <summary>Size of the protected-mode code in bytes.</summary>
    public long KernelLength => Syssize * 16L;

    /// <summary>What the kernel occupies when it runs where it wants to.</summary>
    public PhysicalRange PreferredRange => new(PrefAddress, InitSize);

    /// <summary>A protocol version as people write it: <c>2.15</c>.</summary>
    public static string FormatVersion(ushort version) => $"{version >> 8}.{version & 0xff:d2}";

    /// <summary>Whether the bytes start like a bzImage of any protocol since 2.00.</summary>
    public static bool Matches(ByteView head) =>
        head.Length >= SetupFields.Header.End
        && SetupFields.BootFlag.Read(head) == SetupFields.BootFlagValue
        && SetupFields.Header.Read(head) == SetupFields.HeaderMagic;

    /// <summary>Reads the header.</summary>
    /// <param name="head">The file's first bytes; 0x300 are always enough.</param>
    /// <exception cref="ImageFormatException">It is truncated, too old, or breaks the boot protocol.</exception>
    public static BzImageHeader Parse(ByteView head)
    {
        SetupFields.BootFlag.Expect(head, SetupFields.BootFlagValue, ImageError.BadMagic);
        SetupFields.Header.Expect(head, SetupFields.HeaderMagic, ImageError.BadMagic);
        ushort version = SetupFields.Version.Read(head);
        if (version < OldestVersion)
        {
            throw SetupFields.Version.Fault(
                head,
                ImageError.UnsupportedVersion,
                $"boot protocol {FormatVersion(version)}, expected {FormatVersion(OldestVersion)} or later");
        }

        int end = ReadHeaderEnd(head, version);
        LoadFlags flags = (LoadFlags)SetupFields.Loadflags.Read(head);
        if (!flags.HasFlag(LoadFlags.LoadedHigh))
        {
            throw SetupFields.Loadflags.Fault(
                head, ImageError.OutOfRange, $"found 0x{(int)flags:x}, expected LOADED_HIGH: a zImage is not read");
        }

        uint syssize = SetupFields.Syssize.Read(head);
        if (syssize == 0)
        {
            throw SetupFields.Syssize.Fault(head, ImageError.OutOfRange, "found 0, expected the size of the kernel");
        }

        // A stored 0 means 4: the field is older than kernels that need anything else.
        int sectors = SetupFields.SetupSects.Read(head) is byte stored and not 0 ? stored : 4;
        bool relocatable = SetupFields.RelocatableKernel.Read(head) != 0;
        uint alignment = SetupFields.KernelAlignment.Read(head);
        if (relocatable && !uint.IsPow2(alignment))
        {
            throw SetupFields.KernelAlignment.Fault(
                head, ImageError.OutOfRange, $"found 0x{alignment:x}, expected a power of two");
        }

        BzImageHeader header = new()
        {
            Version = version,
            SetupSects = sectors,
            SetupHeaderEnd = end,
            SetupHeader = head.Take(SetupFields.Start, end - SetupFields.Start, "setup_header").ToArray(),
            Syssize = syssize,
            KernelVersionPointer = SetupFields.KernelVersion.Read(head),
            LoadFlags = flags,
            XLoadFlags = version >= 0x20c ? (XLoadFlags)SetupFields.Xloadflags.Read(head) : XLoadFlags.None,
            Code32Start = SetupFields.Code32Start.Read(head),
            InitrdAddrMax = SetupFields.InitrdAddrMax.Read(head),
            Relocatable = relocatable,
            KernelAlignment = alignment,
            MinAlignment = ReadMinAlignment(head, version, relocatable, alignment),
            CmdlineSize = version >= 0x206 ? SetupFields.CmdlineSize.Read(head) : 255,
            HardwareSubarch = version >= 0x207 ? SetupFields.HardwareSubarch.Read(head) : 0,
            HardwareSubarchData = version >= 0x207 ? SetupFields.HardwareSubarchData.Read(head) : 0,
            PayloadOffset = version >= 0x208 ? SetupFields.PayloadOffset.Read(head) : 0,
            PayloadLength = version >= 0x208 ? SetupFields.PayloadLength.Read(head) : 0,
            SetupData = version >= 0x209 ? SetupFields.SetupData.Read(head) : 0,
            PrefAddress = new PhysicalAddress(
                version >= 0x20a ? SetupFields.PrefAddress.Read(head) : DefaultLoadAddress),
            InitSize = version >= 0x20a ? SetupFields.InitSize.Read(head) : syssize * 16UL * 3,
            HandoverOffset = version >= 0x20b ? SetupFields.HandoverOffset.Read(head) : 0,
            KernelInfoOffset = version >= 0x20f ? SetupFields.KernelInfoOffset.Read(head) : 0,
        };
        header.Check(head);
        return header;
    }

    /// <summary>Whether the protocol version has a field, by the specification's name.</summary>
    public bool Has(string field) => SetupFields.All.Any(f => f.Name == field && f.Since <= Version);

    private static int ReadHeaderEnd(ByteView head, ushort version)
    {
        ushort jump = SetupFields.Jump.Read(head);
        int end = SetupFields.Header.Offset + (jump >> 8);
        int needed = SetupFields.All.Where(f => f.Since <= version).Max(f => f.End);
        if ((jump & 0xff) != ShortJump || jump >> 8 > sbyte.MaxValue || end < needed)
        {
            throw SetupFields.Jump.Fault(
                head,
                ImageError.Inconsistent,
                $"found 0x{jump:x}, expected a short jump over the header of protocol {FormatVersion(version)}, "
                + $"to 0x{needed:x} or beyond");
        }

        return end;
    }

    private static uint ReadMinAlignment(ByteView head, ushort version, bool relocatable, uint alignment)
    {
        int exponent = version >= 0x20a ? SetupFields.MinAlignment.Read(head) : 0;
        if (!relocatable || exponent == 0)
        {
            return alignment;
        }

        if (exponent > 31 || 1u << exponent > alignment)
        {
            throw SetupFields.MinAlignment.Fault(
                head, ImageError.Inconsistent, $"found 2^{exponent}, expected at most 0x{alignment:x}");
        }

        return 1u << exponent;
    }

    private void Check(ByteView head)
    {
        if (InitSize == 0)
        {
            throw SetupFields.InitSize.Fault(head, ImageError.OutOfRange, "found 0, expected the kernel's size");
        }

        if (!PhysicalRange.Fits(PrefAddress, InitSize))
        {
            throw SetupFields.PrefAddress.Fault(
                head,
                ImageError.OutOfRange,
                $"found {PrefAddress}: with an init_size of 0x{InitSize:x} the kernel would wrap around memory");
        }

        if (PayloadLength > 0 && (PayloadOffset > KernelLength || PayloadLength > KernelLength - PayloadOffset))
        {
            throw SetupFields.PayloadLength.Fault(
                head,
                ImageError.Inconsistent,
                $"0x{PayloadLength:x} bytes at 0x{PayloadOffset:x} leave the 0x{KernelLength:x} bytes of the kernel");
        }

        if (XLoadFlags.HasFlag(XLoadFlags.Kernel64) && KernelLength <= BzImageFile.Entry64)
        {
            throw SetupFields.Syssize.Fault(
                head,
                ImageError.Inconsistent,
                $"0x{KernelLength:x} bytes end before the 64-bit entry point at 0x{BzImageFile.Entry64:x}");
        }
    }
}
