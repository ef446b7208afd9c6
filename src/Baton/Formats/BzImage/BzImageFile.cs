using Baton.Bytes;
using Baton.Formats.Pe;
using Baton.Handoffs;

namespace Baton.Formats.BzImage;

/// <summary>A bzImage: its header, and where in the file the parts are that get loaded.</summary>
public sealed class BzImageFile
{
    /// <summary>Offset of the 64-bit entry point from the start of the protected-mode code.</summary>
    public const int Entry64 = 0x200;

    private const int HeadLength = 0x1000;
    private const int LongestVersion = 512;

    private BzImageFile(IByteSource source, BzImageHeader header)
    {
        Source = source;
        Header = header;
    }

    /// <summary>The file.</summary>
    public IByteSource Source { get; }

    public BzImageHeader Header { get; }

    /// <summary>The kernel's version string, or null when the header has none that can be read.</summary>
    public string? Version { get; private init; }

    /// <summary>Offset of the protected-mode code, the part to be loaded, in the file.</summary>
    public long KernelOffset => Header.KernelOffset;

    /// <summary>Bytes of the protected-mode code that are in the file; what is appended to it does not count.</summary>
    public required long KernelLength { get; init; }

    /// <summary>Offset of the 64-bit entry point from the kernel's load address; null without XLF_KERNEL_64.</summary>
    public int? Entry64Offset => Header.XLoadFlags.HasFlag(XLoadFlags.Kernel64) ? Entry64 : null;

    /// <summary>Bytes that the kernel uses before it looks at its memory map, from where it runs.</summary>
    public ulong InitSize => Header.InitSize;

    /// <summary>The longest command line in bytes, without the final NUL.</summary>
    public uint CommandLineLimit => Header.CmdlineSize;

    /// <summary>Offset of the compressed kernel in the file; null when the header does not say.</summary>
    public long? PayloadFileOffset => Header.PayloadLength > 0 ? KernelOffset + Header.PayloadOffset : null;

    /// <summary>The PE signature appended to the file, or null.</summary>
    public required PeSignature? Signature { get; init; }

    /// <summary>What was noticed: nothing of it stops the kernel from being loaded.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Reads the header and the version string; the rest of the file is not touched.</summary>
    /// <exception cref="ImageFormatException">The file is truncated or breaks the boot protocol.</exception>
    public static BzImageFile Open(IByteSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        ByteView head = source.Window(0, HeadLength);
        BzImageHeader header = BzImageHeader.Parse(head);
        List<Finding> findings = [];
        if (header.Version > BzImageHeader.NewestVersion)
        {
            findings.Add(new Finding(
                Severity.Note,
                "newer-protocol",
                $"The boot protocol is {header.VersionText}; what is newer than "
                + $"{BzImageHeader.FormatVersion(BzImageHeader.NewestVersion)} in it is not shown."));
        }

        if (header.InitSizeAssumed)
        {
            findings.Add(new Finding(
                Severity.Note,
                "init-size-assumed",
                $"Boot protocol {header.VersionText} has no init_size; three times the compressed size is assumed."));
        }

        PeSignature? signature = PeSignature.Find(head);
        if (signature is { } found)
        {
            findings.Add(new Finding(
                Severity.Note, "pe-signature", $"A PE signature of {found.Length} bytes is at 0x{found.Offset:x}."));
        }

        return new BzImageFile(source, header)
        {
            Version = ReadVersion(source, header, findings),
            KernelLength = CheckKernelLength(source, header),
            Signature = signature,
            Findings = findings,
        };
    }

    /// <summary>The kernel must be in the file as far as <c>syssize</c> says.</summary>
    private static long CheckKernelLength(IByteSource source, BzImageHeader header)
    {
        long available = source.Length - header.KernelOffset;
        long missing = header.KernelLength - available;

        // Before 2.08 the file was not padded to whole paragraphs.
        bool onlyPadding = header.Version < 0x208 && missing < 16 && available > 0;
        if (missing > 0 && !onlyPadding)
        {
            throw new ImageFormatException(
                ImageError.Truncated,
                new ImageLocation(source.Name, SetupFields.Syssize.Offset, SetupFields.Syssize.Name),
                $"the kernel has 0x{header.KernelLength:x} bytes from 0x{header.KernelOffset:x}, "
                + $"the file ends at 0x{source.Length:x}");
        }

        return Math.Min(header.KernelLength, available);
    }

    private static string? ReadVersion(IByteSource source, BzImageHeader header, List<Finding> findings)
    {
        if (header.KernelVersionPointer == 0)
        {
            return null;
        }

        long offset = header.KernelVersionPointer + 0x200L;
        if (offset >= header.KernelOffset || offset >= source.Length)
        {
            findings.Add(new Finding(
                Severity.Warning,
                "version-pointer",
                $"kernel_version points to 0x{offset:x}, outside the setup code that ends at "
                + $"0x{header.KernelOffset:x}; there is no version to show."));
            return null;
        }

        int room = (int)Math.Min(LongestVersion, header.KernelOffset - offset);
        ReadOnlySpan<byte> bytes = source.Window(offset, room).Bytes;
        int end = bytes.IndexOf((byte)0);
        return PrintableText.Of(end < 0 ? bytes : bytes[..end]);
    }
}
