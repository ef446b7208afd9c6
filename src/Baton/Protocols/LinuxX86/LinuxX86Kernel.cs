using Baton.Bytes;
using Baton.Formats.BzImage;
using Baton.Formats.Elf;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Protocols.LinuxX86;

/// <summary>
/// A kernel as this protocol sees it: what is copied, how much room it takes from its start on, and what it accepts.
/// Made from a bzImage, or from a vmlinux with the setup header that it lacks made up.
/// </summary>
public sealed record LinuxX86Kernel
{
    /// <summary>The file's name.</summary>
    public required string Name { get; init; }

    /// <summary>The bytes from the kernel's start on.</summary>
    public required SegmentContent Content { get; init; }

    /// <summary>Bytes that must be loaded, zeros behind the content included.</summary>
    public required ulong LoadedLength { get; init; }

    /// <summary>Bytes from where it runs that the kernel writes before it looks at its memory map (init_size).</summary>
    public required ulong Footprint { get; init; }

    /// <summary>Where it would like to run, and the lowest place where it runs (pref_address).</summary>
    public required PhysicalAddress Preferred { get; init; }

    /// <summary>Alignment of any other place, in bytes (kernel_alignment).</summary>
    public required ulong Alignment { get; init; }

    /// <summary>Whether it may run anywhere else (relocatable_kernel).</summary>
    public required bool Relocatable { get; init; }

    /// <summary>Bytes from its start to the 64-bit entry.</summary>
    public required ulong EntryOffset { get; init; }

    /// <summary>The setup header, to be copied to 0x1f1 of boot_params.</summary>
    public required ReadOnlyMemory<byte> SetupHeader { get; init; }

    /// <summary>Whether kernel, initrd and boot_params may lie above 4 GiB (XLF_CAN_BE_LOADED_ABOVE_4G).</summary>
    public required bool Above4GiB { get; init; }

    /// <summary>Whether it takes EFI facts from a kernel instead of from the firmware (XLF_EFI_KEXEC).</summary>
    public required bool TakesEfi { get; init; }

    /// <summary>Whether it can be entered with 5-level paging on (XLF_5LEVEL).</summary>
    public required bool Takes5Level { get; init; }

    /// <summary>The first address that the initrd must not reach.</summary>
    public required PhysicalAddress InitrdLimit { get; init; }

    /// <summary>Bytes of the longest command line, without its NUL (cmdline_size).</summary>
    public required int CommandLineLimit { get; init; }

    /// <exception cref="ImageFormatException">The kernel has no 64-bit entry.</exception>
    public static LinuxX86Kernel From(BzImageFile image)
    {
        ArgumentNullException.ThrowIfNull(image);
        BzImageHeader header = image.Header;
        if (!header.XLoadFlags.HasFlag(XLoadFlags.Kernel64))
        {
            throw new ImageFormatException(
                ImageError.WrongArchitecture,
                new ImageLocation(image.Source.Name, SetupFields.Xloadflags.Offset, SetupFields.Xloadflags.Name),
                "the kernel has no 64-bit entry (XLF_KERNEL_64 is clear): a 32-bit kernel, or older than 3.8");
        }

        bool above = header.XLoadFlags.HasFlag(XLoadFlags.CanBeLoadedAbove4G);
        return new LinuxX86Kernel
        {
            Name = image.Source.Name,
            Content = new SegmentContent(
                new ContentPart(0, image.Source, image.KernelOffset, image.KernelLength)),
            LoadedLength = (ulong)image.KernelLength,
            Footprint = Math.Max(image.InitSize, (ulong)image.KernelLength),
            Preferred = header.PrefAddress,
            Alignment = Math.Max(header.KernelAlignment, KexecLimits.PageSize),
            Relocatable = header.Relocatable,
            EntryOffset = BzImageFile.Entry64,
            SetupHeader = header.SetupHeader,
            Above4GiB = above,
            TakesEfi = header.XLoadFlags.HasFlag(XLoadFlags.EfiKexec),
            Takes5Level = header.XLoadFlags.HasFlag(XLoadFlags.FiveLevel),
            InitrdLimit = above
                ? new PhysicalAddress(ulong.MaxValue)
                : new PhysicalAddress((ulong)header.InitrdAddrMax + 1),
            CommandLineLimit = (int)Math.Min(image.CommandLineLimit, int.MaxValue),
        };
    }
}
