using Baton.Bytes;
using Baton.Formats.Arm64Image;
using Baton.Formats.BzImage;
using Baton.Formats.Compression;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;
using Baton.Formats.Pe;
using Baton.Formats.Zboot;
using Baton.Handoffs;

namespace Baton.Formats;

/// <summary>
/// Takes off what a kernel is wrapped in: a unified kernel image, an EFI zboot image, compression, the ELF file of an arm64
/// kernel's build.
/// </summary>
internal static class KernelWrappings
{
    private const int HeadLength = 0x1000;

    /// <summary>Takes one wrapping off.</summary>
    /// <param name="source">The file, or what was in another wrapping.</param>
    /// <param name="codecs">What unpacks.</param>
    /// <param name="findings">What was noticed goes there.</param>
    /// <returns>Null when it is no wrapping.</returns>
    /// <exception cref="ImageFormatException">It is one with a defect.</exception>
    public static Wrapped? Open(IByteSource source, ICodecs? codecs, List<Finding> findings)
    {
        ByteView head = source.Window(0, HeadLength);
        if (ZbootFile.Matches(head))
        {
            ZbootFile zboot = ZbootFile.Open(source);
            return new Wrapped(
                new KernelWrapping("an EFI zboot image", source, zboot.Compression, zboot),
                zboot.Unpack(codecs ?? throw NoCodecs(source, zboot.Compression), KernelImages.LongestUnpacked));
        }

        // A kernel with an EFI stub is a PE image too, and says what it is at another place.
        if (!BzImageHeader.Matches(head) && !Arm64ImageHeader.Matches(head) && PeFile.Matches(head) && IsPlus(head))
        {
            PeFile pe = PeFile.Open(source);
            if (UkiFile.Matches(pe))
            {
                UkiFile uki = UkiFile.Open(pe);
                findings.AddRange(uki.Findings);
                return new Wrapped(new KernelWrapping("a UKI", source, CompressionKind.None, uki), uki.Linux);
            }
        }

        if (ElfFile.Matches(head) && IsArm64Elf(head) && OpenVmlinux(source) is { } vmlinux)
        {
            return vmlinux;
        }

        CompressionKind kind = CompressionProbe.Probe(head);
        if (kind != CompressionKind.None && codecs is not null && IsImage(source, kind, codecs))
        {
            byte[] kernel = codecs.Unpack(kind, source, KernelImages.LongestUnpacked);
            return new Wrapped(
                new KernelWrapping($"{CompressionProbe.NameOf(kind)} data", source, kind, null),
                new ArraySource(kernel, $"{source.Name}: unpacked"));
        }

        return null;
    }

    private static bool IsArm64Elf(ByteView head) =>
        head.Length >= ElfFields.HeaderSize && ElfFields.Class.Read(head) == ElfFields.Class64
        && ElfFields.Data.Read(head) == ElfFields.LittleEndian
        && (ElfMachine)ElfFields.Machine.Read(head) == ElfMachine.AArch64;

    /// <summary>
    /// On arm64, a vmlinux is an Image with an ELF header: its segments as they lie in memory begin with the Image's header,
    /// and that is where it is entered. Its addresses are virtual ones, and say nothing about where it is loaded.
    /// </summary>
    private static Wrapped? OpenVmlinux(IByteSource source)
    {
        ElfFile elf = ElfFile.Open(source);
        if (elf.Type is not (ElfType.Executable or ElfType.Shared) || FreeBsdKernelFile.Matches(elf)
            || !elf.LoadSegments.Any(segment => segment.FileSize > 0))
        {
            return null;
        }

        ElfLayout layout = ElfLayout.Of(elf, KernelImages.LongestUnpacked);
        if (!Arm64ImageHeader.Matches(layout.Window(0, Arm64ImageFields.HeaderSize)))
        {
            return null;
        }

        return elf.Entry == layout.VirtualStart
            ? new Wrapped(new KernelWrapping("an ELF file (vmlinux)", source, CompressionKind.None, elf), layout)
            : throw new ImageFormatException(
                ImageError.Inconsistent,
                new ImageLocation(source.Name, ElfFields.Entry.Offset, ElfFields.Entry.Name),
                $"found 0x{elf.Entry:x}, expected the arm64 kernel's first byte, 0x{layout.VirtualStart:x}");
    }

    private static bool IsPlus(ByteView head)
    {
        long origin = PeFields.ELfanew.Read(head);
        return origin > head.Length - PeFields.Magic.End
            || PeFields.Magic.ReadAt(head, origin) == PeFields.Pe32Plus;
    }

    private static bool IsImage(IByteSource source, CompressionKind kind, ICodecs codecs) =>
        KernelImages.HeadInside(source, kind, codecs) is { } inside
        && (Arm64ImageHeader.Matches(new ByteView(inside, source.Name)) || IsFreeBsd(new ByteView(inside, source.Name)));

    /// <summary>FreeBSD's kernels may be packed as they are, as kernel.gz; a vmlinux is not.</summary>
    private static bool IsFreeBsd(ByteView head) =>
        head.Length >= ElfFields.HeaderSize && ElfFile.Matches(head)
        && ElfFields.OsAbi.Read(head) == FreeBsdKernelFile.OsAbi;

    private static ImageFormatException NoCodecs(IByteSource source, CompressionKind kind) => new(
        ImageError.BadCompression,
        new ImageLocation(source.Name, ZbootFields.CompressionType.Offset, ZbootFields.CompressionType.Name),
        $"{CompressionProbe.NameOf(kind)}: no codec in this build");

    /// <summary>A wrapping, and what was in it.</summary>
    public sealed record Wrapped(KernelWrapping Wrapping, IByteSource Inside);
}
