using Baton.Bytes;
using Baton.Formats.Arm64Image;
using Baton.Formats.BzImage;
using Baton.Formats.Compression;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;

namespace Baton.Formats;

/// <summary>Finds out what a kernel's file is.</summary>
public static class KernelImages
{
    /// <summary>The most bytes that come out of a packed kernel.</summary>
    public const int LongestUnpacked = 512 << 20;

    /// <summary>The formats that are read, for errors.</summary>
    private const string Known =
        "a Linux bzImage, a 64-bit ELF file such as vmlinux, an arm64 Image (also packed, or as EFI zboot), or a UKI of these";

    private const int HeadLength = 0x8000;

    /// <summary>How many wrappings are taken off, one after the other.</summary>
    private const int MostWrappings = 4;

    /// <summary>Opens a kernel of any format that is read here.</summary>
    /// <param name="source">The file.</param>
    /// <param name="codecs">What unpacks; an arm64 kernel that is packed needs it.</param>
    /// <exception cref="ImageFormatException">
    /// <see cref="ImageError.UnknownFormat"/>, <see cref="ImageError.WrongArchitecture"/>, or a defect of the file.
    /// </exception>
    public static KernelImage Open(IByteSource source, ICodecs? codecs = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        List<KernelWrapping> wrappings = [];
        List<Finding> findings = [];
        IByteSource kernel = source;
        while (KernelWrappings.Open(kernel, codecs, findings) is { } wrapped)
        {
            wrappings.Add(wrapped.Wrapping);
            kernel = wrapped.Inside;
            if (wrappings.Count > MostWrappings)
            {
                throw Refuse(source, ImageError.OutOfRange, $"more than {MostWrappings} wrappings, one in the other");
            }
        }

        KernelImage image = Describe(kernel, codecs);
        return wrappings.Count == 0
            ? image
            : image with { Source = source, Wrappings = wrappings, Findings = [.. findings, .. image.Findings] };
    }

    private static KernelImage Describe(IByteSource source, ICodecs? codecs)
    {
        ByteView head = source.Window(0, HeadLength);
        if (BzImageHeader.Matches(head))
        {
            return BzImageKernel.Describe(BzImageFile.Open(source));
        }

        if (Arm64ImageHeader.Matches(head))
        {
            return Arm64ImageKernel.Describe(Arm64ImageFile.Open(source));
        }

        if (ForeignFormats.Recognise(head) is { } foreign)
        {
            throw Refuse(source, foreign.Error, foreign.Text);
        }

        if (ElfFile.Matches(head))
        {
            ElfFile elf = ElfFile.Open(source);
            return FreeBsdKernelFile.Matches(elf)
                ? FreeBsdKernel.Describe(FreeBsdKernelFile.Open(elf))
                : ElfKernel.Describe(elf);
        }

        CompressionKind kind = CompressionProbe.Probe(head);
        if (kind != CompressionKind.None)
        {
            string inside = InsideOf(source, kind, codecs);
            throw Refuse(
                source, ImageError.UnknownFormat, $"{CompressionProbe.NameOf(kind)} data{inside}; it must be unpacked");
        }

        string bytes = Convert.ToHexStringLower(head.Bytes[..Math.Min(16, head.Length)]);
        throw Refuse(
            source,
            ImageError.UnknownFormat,
            source.Length == 0 ? "an empty file" : $"{source.Length} bytes that start with {bytes}");
    }

    /// <summary>What an unpacked file starts with; for errors, and to tell initrds from kernels.</summary>
    /// <returns>Null when there is no codec, or it refuses the bytes.</returns>
    public static byte[]? HeadInside(IByteSource source, CompressionKind kind, ICodecs? codecs)
    {
        if (codecs?.Find(kind) is null)
        {
            return null;
        }

        byte[] head = new byte[HeadLength];
        int length = 0;
        try
        {
            using Stream unpacked = codecs.OpenUnpacked(kind, source, long.MaxValue);
            length = unpacked.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        }
        catch (ImageFormatException)
        {
            return null;
        }

        return head[..length];
    }

    private static string InsideOf(IByteSource source, CompressionKind kind, ICodecs? codecs)
    {
        if (HeadInside(source, kind, codecs) is not { } bytes)
        {
            return "";
        }

        ByteView head = new(bytes, source.Name);
        string? inside = BzImageHeader.Matches(head) ? "a Linux bzImage"
            : Arm64ImageHeader.Matches(head) ? "an arm64 Linux Image"
            : ForeignFormats.Recognise(head) is { } foreign ? foreign.Text
            : ElfFile.Matches(head) ? "an ELF file"
            : null;
        return inside is null ? "" : $" with {inside} inside";
    }

    private static ImageFormatException Refuse(IByteSource source, ImageError error, string found) =>
        new(error, new ImageLocation(source.Name, 0, "format"), $"found {found}, expected {Known}");
}
