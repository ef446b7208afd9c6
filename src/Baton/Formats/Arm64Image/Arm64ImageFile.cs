using Baton.Bytes;
using Baton.Formats.Pe;
using Baton.Handoffs;

namespace Baton.Formats.Arm64Image;

/// <summary>An arm64 kernel: its header, and what of the file is loaded.</summary>
public sealed class Arm64ImageFile
{
    /// <summary>What an old kernel that does not say is given beside its file, for what it clears and allocates.</summary>
    private const ulong AssumedBss = 16 << 20;

    private Arm64ImageFile(IByteSource source, Arm64ImageHeader header)
    {
        Source = source;
        Header = header;
    }

    /// <summary>The file; of a packed kernel, what came out.</summary>
    public IByteSource Source { get; }

    public Arm64ImageHeader Header { get; }

    /// <summary>The file as an EFI program; null for a kernel without an EFI stub.</summary>
    public required PeFile? Pe { get; init; }

    /// <summary>Bytes of the file that are loaded, from its first: signatures at its end are not.</summary>
    public required long LoadedLength { get; init; }

    /// <summary>Bytes of memory from where the kernel is loaded that it uses before it looks at its memory map.</summary>
    public ulong MemorySize => Header.ImageSize == 0 ? (ulong)LoadedLength + AssumedBss : Header.ImageSize;

    /// <summary>What was noticed: nothing of it stops the kernel from being loaded.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Reads the header, and the PE headers when there are some; the rest of the file is not touched.</summary>
    /// <exception cref="ImageFormatException">The file is truncated or contradicts itself.</exception>
    public static Arm64ImageFile Open(IByteSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        ByteView head = source.Window(0, Arm64ImageFields.HeaderSize);
        Arm64ImageHeader header = Arm64ImageHeader.Parse(head);
        PeFile? pe = PeFields.EMagic.Read(head) == PeFields.DosMagic && header.PeOffset != 0 ? OpenPe(source) : null;
        long length = pe?.Signature is { } signature ? Math.Min(signature.Offset, source.Length) : source.Length;
        if (length < Arm64ImageFields.HeaderSize)
        {
            throw new ImageFormatException(
                ImageError.Inconsistent,
                new ImageLocation(source.Name, pe!.Signature!.TableField, PeFields.CertificateTable64.Name),
                $"signatures start at 0x{length:x}, inside the header");
        }

        if (header.ImageSize != 0 && (ulong)length > header.ImageSize)
        {
            throw Arm64ImageFields.ImageSize.Fault(
                head,
                ImageError.Inconsistent,
                $"the kernel takes 0x{header.ImageSize:x} bytes of memory, the file has 0x{length:x} to load");
        }

        return new Arm64ImageFile(source, header)
        {
            Pe = pe,
            LoadedLength = length,
            Findings = FindingsOf(source.Name, header, pe),
        };
    }

    /// <summary>Looks for the kernel's own version, through all that is loaded.</summary>
    /// <returns>What follows "Linux version "; null when this is no Linux kernel.</returns>
    /// <exception cref="ImageFormatException">The file changed while it was read.</exception>
    public string? FindLinuxVersion() => LinuxBanner.Find(Source, 0, LoadedLength);

    private static PeFile OpenPe(IByteSource source)
    {
        PeFile pe = PeFile.Open(source);
        return pe.Machine == PeMachine.AArch64
            ? pe
            : throw new ImageFormatException(
                ImageError.Inconsistent,
                new ImageLocation(source.Name, pe.HeaderOffset + PeFields.Machine.Offset, PeFields.Machine.Name),
                $"found 0x{(ushort)pe.Machine:x} in an arm64 kernel, expected 0x{(ushort)PeMachine.AArch64:x}");
    }

    private static List<Finding> FindingsOf(string name, Arm64ImageHeader header, PeFile? pe)
    {
        List<Finding> findings = [];
        if (header.ImageSize == 0)
        {
            findings.Add(new Finding(
                Severity.Warning,
                "image-size-assumed",
                "image_size is 0: a kernel before 3.17, which does not say how much memory it needs; "
                + $"{AssumedBss >> 20} MiB beside the file and a text_offset of 0x{Arm64ImageHeader.OldTextOffset:x} are "
                + "assumed."));
        }
        else if (header.PageSize == Arm64PageSize.Unspecified)
        {
            findings.Add(new Finding(
                Severity.Note,
                "page-size-unspecified",
                "The header does not say for which size of pages the kernel was built; the processor may lack it."));
        }
        else if (header.PageSize != Arm64PageSize.Kib4)
        {
            findings.Add(new Finding(
                Severity.Warning,
                "page-size",
                $"{name} ({Arm64ImageFields.Flags.Name}): built for pages of "
                + $"{(header.PageSize == Arm64PageSize.Kib16 ? 16 : 64)} KiB, which not every processor has; it stops without "
                + "a word on one that has not."));
        }

        if (header.BigEndian)
        {
            findings.Add(new Finding(
                Severity.Warning, "big-endian", "The kernel is big-endian, which not every processor can be."));
        }

        if (header.ReservedFlags != 0)
        {
            findings.Add(new Finding(
                Severity.Note,
                "reserved-flags",
                $"The flags 0x{header.ReservedFlags:x} are not known here; what they ask for is not done."));
        }

        if (pe?.Signature is { } signature)
        {
            findings.Add(new Finding(
                Severity.Note, "pe-signature", $"A PE signature of {signature.Length} bytes is at 0x{signature.Offset:x}."));
        }
        else if (pe is not null)
        {
            findings.Add(new Finding(
                Severity.Note, "pe-unsigned", "The kernel has no PE signature; a locked-down kernel does not load it."));
        }

        return findings;
    }
}
