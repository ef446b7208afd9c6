using Baton.Bytes;
using Baton.Handoffs;

namespace Baton.Formats.Pe;

/// <summary>The processor that a PE image is for; other values are kept as they are.</summary>
public enum PeMachine : ushort
{
    I386 = 0x14c,
    Arm = 0x1c2,
    LoongArch64 = 0x6264,
    RiscV64 = 0x5064,
    X64 = 0x8664,
    AArch64 = 0xaa64,
}

/// <summary>A PE32+ image: an EFI program, such as a kernel with an EFI stub or a unified kernel image.</summary>
public sealed class PeFile
{
    private const int HeadLength = 0x1000;

    private PeFile(IByteSource source)
    {
        Source = source;
    }

    /// <summary>The file.</summary>
    public IByteSource Source { get; }

    public required PeMachine Machine { get; init; }

    /// <summary>Offset of the signature "PE" in the file, in bytes.</summary>
    public required long HeaderOffset { get; init; }

    /// <summary>The entry point, from the image's base.</summary>
    public required uint AddressOfEntryPoint { get; init; }

    /// <summary>Bytes in memory, headers included.</summary>
    public required uint SizeOfImage { get; init; }

    /// <summary>Bytes of all headers in the file.</summary>
    public required uint SizeOfHeaders { get; init; }

    public required ushort Subsystem { get; init; }

    /// <summary>The sections in the order of their table.</summary>
    public required IReadOnlyList<PeSection> Sections { get; init; }

    /// <summary>Where the signatures are; null when there are none.</summary>
    public required PeSignature? Signature { get; init; }

    /// <summary>The architecture, or null when it is not one that is known here.</summary>
    public Architecture? Architecture => Machine switch
    {
        PeMachine.X64 => Handoffs.Architecture.X64,
        PeMachine.AArch64 => Handoffs.Architecture.Arm64,
        _ => null,
    };

    /// <summary>Whether the bytes start like a PE image of any kind, as far as they reach.</summary>
    public static bool Matches(ByteView head)
    {
        if (head.Length < PeFields.ELfanew.End || PeFields.EMagic.Read(head) != PeFields.DosMagic)
        {
            return false;
        }

        long origin = PeFields.ELfanew.Read(head);
        return origin <= head.Length - PeFields.CoffHeaderSize
            && PeFields.Signature.ReadAt(head, origin) == PeFields.SignatureValue;
    }

    /// <summary>Reads the headers and the section table.</summary>
    /// <exception cref="ImageFormatException">The file is truncated, contradicts itself, or is no PE32+ image.</exception>
    public static PeFile Open(IByteSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        ByteView head = source.Window(0, HeadLength);
        PeFields.EMagic.Expect(head, PeFields.DosMagic, ImageError.BadMagic);
        uint offset = PeFields.ELfanew.Read(head);
        if (offset < PeFields.ELfanew.End || offset > source.Length)
        {
            throw PeFields.ELfanew.Fault(
                head,
                offset > source.Length ? ImageError.Truncated : ImageError.OutOfRange,
                $"found 0x{offset:x}, expected 0x{PeFields.ELfanew.End:x} to 0x{source.Length:x}");
        }

        // Wherever the headers are: the longest that there can be.
        ByteView headers = source.Window(
            offset,
            PeFields.CoffHeaderSize + ushort.MaxValue + (PeFields.MostSections * PeFields.SectionHeaderSize));
        PeFields.Signature.Expect(headers, PeFields.SignatureValue, ImageError.BadMagic);
        int table = CheckOptionalHeader(headers);
        List<PeSection> sections = ReadSections(headers, table, source.Length);
        return new PeFile(source)
        {
            Machine = (PeMachine)PeFields.Machine.Read(headers),
            HeaderOffset = offset,
            AddressOfEntryPoint = PeFields.AddressOfEntryPoint.Read(headers),
            SizeOfImage = PeFields.SizeOfImage.Read(headers),
            SizeOfHeaders = PeFields.SizeOfHeaders.Read(headers),
            Subsystem = PeFields.Subsystem.Read(headers),
            Sections = sections,
            Signature = ReadSignature(headers, sections, source.Length),
        };
    }

    /// <summary>The section of a name; null when there is none. The first, when there are several.</summary>
    public PeSection? Section(string name) => Sections.FirstOrDefault(s => s.Name == name);

    /// <returns>Offset of the section table from the PE header.</returns>
    private static int CheckOptionalHeader(ByteView headers)
    {
        ushort magic = PeFields.Magic.Read(headers);
        if (magic != PeFields.Pe32Plus)
        {
            throw PeFields.Magic.Fault(
                headers,
                ImageError.UnsupportedVersion,
                magic == PeFields.Pe32 ? "a 32-bit image (PE32), expected PE32+" : $"found 0x{magic:x}, expected 0x20b");
        }

        uint directories = PeFields.NumberOfRvaAndSizes.Read(headers);
        if (directories > PeFields.Directories)
        {
            throw PeFields.NumberOfRvaAndSizes.Fault(
                headers, ImageError.OutOfRange, $"found {directories}, expected at most {PeFields.Directories}");
        }

        int size = PeFields.SizeOfOptionalHeader.Read(headers);
        long needed = PeFields.OptionalHeaderSize + (directories * PeFields.DirectorySize);
        if (size < needed)
        {
            throw PeFields.SizeOfOptionalHeader.Fault(
                headers, ImageError.Inconsistent, $"found {size}, {directories} data directories end at {needed}");
        }

        return PeFields.CoffHeaderSize + size;
    }

    private static List<PeSection> ReadSections(ByteView headers, int table, long fileLength)
    {
        int count = PeFields.NumberOfSections.Read(headers);
        if (count > PeFields.MostSections)
        {
            throw PeFields.NumberOfSections.Fault(
                headers, ImageError.OutOfRange, $"found {count}, expected at most {PeFields.MostSections}");
        }

        List<PeSection> sections = [];
        for (int i = 0; i < count; i++)
        {
            ByteView header = headers.Slice(
                table + (i * PeFields.SectionHeaderSize), PeFields.SectionHeaderSize, "section header");
            PeSection section = PeSection.Parse(header, fileLength);
            PeSection? other = sections.Find(s => Overlap(s, section));
            long tableEnd = headers.Origin + table + (count * PeFields.SectionHeaderSize);
            if (section.SizeOfRawData > 0 && (other is not null || section.PointerToRawData < tableEnd))
            {
                throw PeFields.PointerToRawData.Fault(
                    header,
                    ImageError.Inconsistent,
                    $"section {section.Name} starts at 0x{section.PointerToRawData:x} of the file, inside "
                    + (other is null ? "the headers" : $"section {other.Name}"));
            }

            sections.Add(section);
        }

        return sections;
    }

    private static bool Overlap(PeSection one, PeSection other) =>
        one.PointerToRawData < other.RawEnd && other.PointerToRawData < one.RawEnd
        && one.SizeOfRawData > 0 && other.SizeOfRawData > 0;

    private static PeSignature? ReadSignature(ByteView headers, List<PeSection> sections, long fileLength)
    {
        if (PeFields.NumberOfRvaAndSizes.Read(headers) <= PeFields.CertificateTable)
        {
            return null;
        }

        uint offset = PeFields.CertificateTable64.Read(headers);
        uint length = PeFields.CertificateTable64.ReadAt(headers, sizeof(uint));
        if (offset == 0 || length == 0)
        {
            return null;
        }

        // Signatures are behind all that they sign. What loads an image may take its end from here, and would cut it.
        if (sections.Find(s => s.SizeOfRawData > 0 && s.RawEnd > offset) is { } section)
        {
            throw PeFields.CertificateTable64.Fault(
                headers,
                ImageError.Inconsistent,
                $"signatures start at 0x{offset:x}, before section {section.Name} ends at 0x{section.RawEnd:x}");
        }

        // Unlike all other directories, this one holds an offset in the file.
        return offset <= fileLength && length <= fileLength - offset
            ? new PeSignature(offset, length, headers.Origin, headers.Origin + PeFields.CertificateTable64.Offset)
            : throw PeFields.CertificateTable64.Fault(
                headers,
                ImageError.Truncated,
                $"signatures of 0x{length:x} bytes are at 0x{offset:x}, the file ends at 0x{fileLength:x}");
    }
}
