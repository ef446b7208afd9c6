using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Handoffs;

namespace Baton.Tests.Formats;

/// <summary>Reading ELF files, with readelf as the judge.</summary>
public sealed partial class ElfTests
{
    public static TheoryData<int, string> Broken => Vectors.Lines("elf-broken.txt");

    [Fact]
    public void A_kernel_is_read()
    {
        ElfFile file = ElfFile.Open(TestImages.Source(TestImages.Elf()));
        Assert.Equal(Architecture.X64, file.Architecture);
        Assert.Equal(0x100_0100UL, file.Entry);
        Assert.Equal(2, file.LoadSegments.Count());
        Assert.Equal(0x100_0150UL, file.PvhEntry);
        Assert.Equal(["", ".text", ".shstrtab"], file.Sections.Select(s => s.Name));
        Assert.Equal(TestImages.Version, file.FindLinuxVersion());
        Assert.True(file.Segments[0].ContainsPhysical(file.Entry));
        Assert.False(file.Segments[1].ContainsPhysical(file.Entry));
        Assert.True(file.Segments[1].ContainsVirtual(0xffff_ffff_8110_7fff));
        Assert.False(file.Segments[1].ContainsVirtual(0xffff_ffff_8110_8000));
    }

    [Fact]
    public void A_name_that_is_padded_does_not_shift_the_content_of_its_note()
    {
        byte[] image = TestImages.Elf();
        ElfFields.NNamesz.Write(image.AsSpan(0x380), 2);
        ElfFields.NDescsz.Write(image.AsSpan(0x380), 4);
        "A\0\0\0"u8.CopyTo(image.AsSpan(0x38c));
        ElfNote note = ElfFile.Open(TestImages.Source(image)).Notes[0];
        Assert.Equal(("A", 0x100_0150UL), (note.Name, note.Number));
    }

    [Fact]
    public void A_banner_across_two_windows_is_found()
    {
        const int size = 0x9_0000;
        for (int place = 0x4_0000 - 20; place <= 0x4_0000 + 1; place++)
        {
            byte[] image = [.. TestImages.Elf(), .. new byte[size]];
            image.AsSpan(0x400, 0x100).Clear();
            int header = ElfFields.HeaderSize + ElfFields.ProgramHeaderSize;
            ElfFields.PFilesz.Write(image.AsSpan(header), size);
            ElfFields.PMemsz.Write(image.AsSpan(header), size);
            Encoding.ASCII.GetBytes("Linux version 5.1\n", image.AsSpan(0x400 + place));
            Assert.Equal("5.1", ElfFile.Open(TestImages.Source(image)).FindLinuxVersion());
        }
    }

    [Fact]
    public void Segments_that_share_bytes_are_searched_once()
    {
        const int size = 1 << 20;
        byte[] image = [.. TestImages.Elf(), .. new byte[size]];
        for (int segment = 0; segment < 2; segment++)
        {
            Span<byte> header = image.AsSpan(ElfFields.HeaderSize + (segment * ElfFields.ProgramHeaderSize));
            ElfFields.POffset.Write(header, (ulong)(image.Length - size));
            ElfFields.PFilesz.Write(header, size);
            ElfFields.PMemsz.Write(header, size);
        }

        CountingSource source = new(image);
        ElfFile file = ElfFile.Open(source);
        long before = source.BytesRead;
        Assert.Null(file.FindLinuxVersion());
        Assert.InRange(source.BytesRead - before, size, size + (size / 8));
    }

    /// <summary>What the same bytes are read for again and again must not add up to more than the file.</summary>
    [Theory]
    [InlineData(1, 4096 * 12, 0, true)]
    [InlineData(1, 4097 * 12, 0, false)]
    [InlineData(2, 0x7_0000, 0x7_0000, true)]
    [InlineData(2, 0x8_0004, 0x8_0004, false)]
    public void The_notes_of_all_segments_together_are_bounded(int segments, int size, int length, bool isRead)
    {
        byte[] image = [.. TestImages.Elf(), .. new byte[size]];
        int start = image.Length - size;
        ElfFields.NDescsz.Write(image.AsSpan(start), (uint)Math.Max(0, length - ElfFields.NoteHeaderSize));
        for (int segment = 0; segment < segments; segment++)
        {
            TestImages.WriteSegment(image, segment, new ElfSegment
            {
                Type = ElfSegmentType.Note,
                Flags = ElfSegmentFlags.Read,
                Offset = start,
                VirtualAddress = 0,
                PhysicalAddress = 0,
                FileSize = size,
                MemorySize = (ulong)size,
                Alignment = 4,
            });
        }

        // The image has a note segment of its own, the third.
        ElfFields.PType.Write(image.AsSpan(ElfFields.HeaderSize + (2 * ElfFields.ProgramHeaderSize)), 0);
        if (isRead)
        {
            Assert.NotEmpty(ElfFile.Open(TestImages.Source(image)).Notes);
            return;
        }

        ImageFormatException e = Assert.Throws<ImageFormatException>(() => ElfFile.Open(TestImages.Source(image)));
        Assert.Equal((ImageError.OutOfRange, "p_filesz"), (e.Error, e.Where.Field));
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_file_is_refused_with_the_place_of_the_defect(int line, string vector)
    {
        string?[] fields = Vectors.Fields(vector);
        byte[] image = TestImages.Elf();
        int offset = int.Parse(fields[1]!.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        Convert.FromHexString(fields[2]!).CopyTo(image, offset);
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => ElfFile.Open(TestImages.Source(image)));
        Assert.True(fields[3] == e.Error.ToString() && fields[4] == e.Where.Field, $"line {line}: {e.Error}: {e.Message}");
    }

    [Theory]
    [InlineData("/usr/bin/readelf")]
    [InlineData("/usr/bin/gcc")]
    [InlineData("/lib/x86_64-linux-gnu/libc.so.6")]
    public void Real_files_read_as_readelf_reads_them(string path)
    {
        Assert.SkipUnless(File.Exists(path), $"{path} is not there");
        CompareWithReadelf(File.ReadAllBytes(path));
    }

    [Fact]
    public void The_test_image_reads_as_readelf_reads_it() => CompareWithReadelf(TestImages.Elf());

    [Fact]
    public void Each_prefix_is_read_or_truncated() =>
        Corruption.CheckPrefixes(TestImages.Elf(), Read);

    [Fact]
    public void Corrupt_files_raise_nothing_but_the_format_exception() =>
        Corruption.Check(TestImages.Elf(), [0..0xe8, 0x380..0x398, 0x600..0x6c0], Read);

    private static object Read(byte[] bytes)
    {
        ElfFile file = ElfFile.Open(TestImages.Source(bytes));
        file.FindLinuxVersion();
        return file;
    }

    private static void CompareWithReadelf(byte[] image)
    {
        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        File.WriteAllBytes(folder.File("image"), image);
        string listing = Encoding.UTF8.GetString(
            ForeignTool.Run("readelf", ["-hlW", folder.File("image")]));
        ElfFile file = ElfFile.Open(TestImages.Source(image));
        Assert.Equal(Hex(EntryLine().Match(listing).Groups[1]), file.Entry);
        List<ulong[]> theirs = [.. SegmentLine().Matches(listing)
            .Select(m => m.Groups.Values.Skip(2).Select(Hex).ToArray())];
        List<ulong[]> ours = [.. file.Segments.Select(s => (ulong[])
        [
            (ulong)s.Offset, s.VirtualAddress, s.PhysicalAddress, (ulong)s.FileSize, s.MemorySize, s.Alignment,
        ])];
        Assert.NotEmpty(theirs);
        Assert.Equal(theirs, ours);
        Assert.Equal(
            SegmentLine().Matches(listing).Count(m => m.Groups[1].Value == "LOAD"), file.LoadSegments.Count());
    }

    private static ulong Hex(Group text) =>
        ulong.Parse(text.ValueSpan[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Entry point address:\s+(0x[0-9a-f]+)")]
    private static partial Regex EntryLine();

    [GeneratedRegex(
        @"^  ([A-Z_]+)\s+(0x\w+) (0x\w+) (0x\w+) (0x\w+) (0x\w+) [R ][W ][E ] (0x\w+)$", RegexOptions.Multiline)]
    private static partial Regex SegmentLine();
}
