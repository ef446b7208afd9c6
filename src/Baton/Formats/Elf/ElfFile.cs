using Baton.Bytes;
using Baton.Handoffs;

namespace Baton.Formats.Elf;

/// <summary>The processor that an ELF file is for; other values are kept as they are.</summary>
public enum ElfMachine : ushort
{
    I386 = 3,
    Ppc64 = 21,
    S390 = 22,
    Arm = 40,
    X64 = 62,
    AArch64 = 183,
    RiscV = 243,
    LoongArch = 258,
}

/// <summary>What kind of ELF file it is.</summary>
public enum ElfType : ushort
{
    None = 0,
    Relocatable = 1,
    Executable = 2,
    Shared = 3,
    Core = 4,
}

/// <summary>A 64-bit little-endian ELF file: a vmlinux, a FreeBSD kernel, a PVH kernel.</summary>
public sealed class ElfFile
{
    /// <summary>The most program headers that are read; kernels have some ten.</summary>
    private const ushort MostSegments = 256;

    private const int LongestName = 512;

    /// <summary>In a 16-bit count: the real one is elsewhere. Never so in a kernel.</summary>
    private const ushort ExtendedCount = 0xffff;

    private ElfFile(IByteSource source)
    {
        Source = source;
    }

    /// <summary>The file.</summary>
    public IByteSource Source { get; }

    public required ElfType Type { get; init; }

    public required ElfMachine Machine { get; init; }

    /// <summary>Address of the first instruction: physical in a vmlinux, virtual in most other files.</summary>
    public required ulong Entry { get; init; }

    /// <summary>The program headers in the file's order.</summary>
    public required IReadOnlyList<ElfSegment> Segments { get; init; }

    /// <summary>The section headers in the file's order; empty when the file has been stripped of them.</summary>
    public required IReadOnlyList<ElfSection> Sections { get; init; }

    public required IReadOnlyList<ElfNote> Notes { get; init; }

    /// <summary>EI_OSABI: 0 for System V, 3 for GNU, 9 for FreeBSD.</summary>
    public required byte OsAbi { get; init; }

    /// <summary>Offset of the section headers in the file; 0 when there are none.</summary>
    public required long SectionTableOffset { get; init; }

    /// <summary>e_shstrndx: the section with the sections' names.</summary>
    public required int SectionNameIndex { get; init; }

    /// <summary>The segments that are loaded, in the file's order.</summary>
    public IEnumerable<ElfSegment> LoadSegments => Segments.Where(s => s.Type == ElfSegmentType.Load);

    /// <summary>The architecture, or null when it is not one that is known here.</summary>
    public Architecture? Architecture => Machine switch
    {
        ElfMachine.X64 => Handoffs.Architecture.X64,
        ElfMachine.AArch64 => Handoffs.Architecture.Arm64,
        _ => null,
    };

    /// <summary>Physical address of the PVH entry point (32-bit protected mode), or null when there is none.</summary>
    public ulong? PvhEntry =>
        Notes.FirstOrDefault(n => n.Name == "Xen" && n.Type == ElfNote.XenPhys32Entry)?.Number;

    /// <summary>Whether the bytes start like an ELF file of any class.</summary>
    public static bool Matches(ByteView head) =>
        head.Length >= ElfFields.Magic.End && ElfFields.Magic.Read(head) == ElfFields.MagicValue;

    /// <summary>Reads the headers and the notes.</summary>
    /// <exception cref="ImageFormatException">
    /// The file is truncated, contradicts itself, or is not a 64-bit little-endian one.
    /// </exception>
    public static ElfFile Open(IByteSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        ByteView head = source.Window(0, ElfFields.HeaderSize);
        ElfFields.Magic.Expect(head, ElfFields.MagicValue, ImageError.BadMagic);
        CheckIdentification(head);
        List<ElfSegment> segments = ReadSegments(source, head);
        return new ElfFile(source)
        {
            Type = (ElfType)ElfFields.Type.Read(head),
            Machine = (ElfMachine)ElfFields.Machine.Read(head),
            Entry = ElfFields.Entry.Read(head),
            Segments = segments,
            Sections = ReadSections(source, head),
            OsAbi = ElfFields.OsAbi.Read(head),
            SectionTableOffset = ElfFields.Shnum.Read(head) == 0 ? 0 : (long)ElfFields.Shoff.Read(head),
            SectionNameIndex = ElfFields.Shstrndx.Read(head),
            Notes = ElfNotes.Read(source, segments),
        };
    }

    /// <summary>
    /// Looks for the banner that every Linux kernel carries, through the load segments, a window at a time.
    /// </summary>
    /// <returns>What follows "Linux version ", up to the end of the line; null when this is no Linux kernel.</returns>
    /// <exception cref="ImageFormatException">The file changed while it was read.</exception>
    public string? FindLinuxVersion()
    {
        string? version = null;
        long end = 0;
        foreach (ElfSegment segment in LoadSegments.OrderBy(s => s.Offset))
        {
            // Segments may share bytes: none is read twice.
            long start = Math.Max(end, segment.Offset);
            end = Math.Max(end, segment.Offset + segment.FileSize);
            version ??= LinuxBanner.Find(Source, start, end - start);
        }

        return version;
    }

    private static void CheckIdentification(ByteView head)
    {
        byte size = ElfFields.Class.Read(head);
        if (size != ElfFields.Class64)
        {
            throw ElfFields.Class.Fault(
                head,
                ImageError.UnsupportedVersion,
                size == ElfFields.Class32 ? "a 32-bit ELF file, expected a 64-bit one" : $"found {size}, expected 2");
        }

        byte order = ElfFields.Data.Read(head);
        if (order != ElfFields.LittleEndian)
        {
            throw ElfFields.Data.Fault(
                head,
                ImageError.WrongArchitecture,
                $"found {order}, expected 1: only little-endian machines are known here");
        }

        ElfFields.IdentVersion.Expect(head, 1, ImageError.UnsupportedVersion);
        ElfFields.Version.Expect(head, 1, ImageError.UnsupportedVersion);
    }

    private static List<ElfSegment> ReadSegments(IByteSource source, ByteView head)
    {
        if (ElfFields.Phnum.Read(head) is > MostSegments and not ExtendedCount and var count)
        {
            throw ElfFields.Phnum.Fault(head, ImageError.OutOfRange, $"found {count}, expected at most {MostSegments}");
        }

        ByteView table = ReadTable(
            source,
            head,
            new Table(ElfFields.Phoff, ElfFields.Phentsize, ElfFields.Phnum, ElfFields.ProgramHeaderSize));
        List<ElfSegment> segments = [];
        for (int offset = 0; offset < table.Length; offset += ElfFields.ProgramHeaderSize)
        {
            segments.Add(ElfSegment.Parse(
                table.Slice(offset, ElfFields.ProgramHeaderSize, "program header"), source.Length));
        }

        return segments;
    }

    private static List<ElfSection> ReadSections(IByteSource source, ByteView head)
    {
        ByteView table = ReadTable(
            source,
            head,
            new Table(ElfFields.Shoff, ElfFields.Shentsize, ElfFields.Shnum, ElfFields.SectionHeaderSize));
        List<(uint Name, ElfSection Section)> headers = [];
        for (int offset = 0; offset < table.Length; offset += ElfFields.SectionHeaderSize)
        {
            ByteView header = table.Slice(offset, ElfFields.SectionHeaderSize, "section header");
            ElfSection section = new(
                "",
                ElfFields.ShType.Read(header),
                ElfFields.ShFlags.Read(header),
                ElfFields.ShAddr.Read(header),
                ElfFields.ShOffset.Read(header),
                ElfFields.ShSize.Read(header))
            {
                Link = ElfFields.ShLink.Read(header),
                Info = ElfFields.ShInfo.Read(header),
                Alignment = ElfFields.ShAddralign.Read(header),
            };
            ulong end = (ulong)source.Length;
            if (section.Type != ElfSection.NoBits && section.Type != ElfSection.Null
                && (section.Offset > end || section.Size > end - section.Offset))
            {
                throw ElfFields.ShSize.Fault(
                    header,
                    ImageError.Truncated,
                    $"the section has 0x{section.Size:x} bytes from 0x{section.Offset:x}, "
                    + $"the file ends at 0x{source.Length:x}");
            }

            headers.Add((ElfFields.ShName.Read(header), section));
        }

        return NameSections(source, head, headers);
    }

    private static List<ElfSection> NameSections(
        IByteSource source, ByteView head, List<(uint Name, ElfSection Section)> headers)
    {
        const int longestNames = 1 << 22;
        ushort index = ElfFields.Shstrndx.Read(head);
        if (index == 0 || index >= headers.Count || headers[index].Section is not { Type: ElfSection.StringTable } strings
            || strings.Size > longestNames)
        {
            return [.. headers.Select(h => h.Section)];
        }

        byte[] names = source.Window((long)strings.Offset, (int)strings.Size).Bytes.ToArray();
        return [.. headers.Select(h => h.Section with { Name = NameAt(names, h.Name) })];
    }

    private static string NameAt(byte[] names, uint offset)
    {
        if (offset >= names.Length)
        {
            return "";
        }

        ReadOnlySpan<byte> name = names.AsSpan((int)offset, Math.Min(LongestName, names.Length - (int)offset));
        int end = name.IndexOf((byte)0);
        return PrintableText.Of(end < 0 ? name : name[..end]);
    }

    /// <summary>The bytes of a table of headers; empty when the file has none.</summary>
    private static ByteView ReadTable(IByteSource source, ByteView head, Table table)
    {
        ushort count = table.Count.Read(head);
        if (count == 0)
        {
            return default;
        }

        if (count == ExtendedCount)
        {
            throw table.Count.Fault(head, ImageError.OutOfRange, "found 65535, expected fewer: extended numbering");
        }

        table.EntrySize.Expect(head, (ushort)table.Size, ImageError.OutOfRange);
        ulong offset = table.Offset.Read(head);
        long length = (long)count * table.Size;
        if (offset > (ulong)source.Length || (ulong)length > (ulong)source.Length - offset)
        {
            throw table.Offset.Fault(
                head,
                ImageError.Truncated,
                $"{count} headers from 0x{offset:x}, the file ends at 0x{source.Length:x}");
        }

        return source.Window((long)offset, (int)length);
    }

    /// <summary>Where the file header says that a table of headers is.</summary>
    private readonly record struct Table(
        Field<ulong> Offset, Field<ushort> EntrySize, Field<ushort> Count, int Size);
}
