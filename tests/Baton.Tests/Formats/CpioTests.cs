using System.Globalization;
using System.Text;
using Baton.Bytes;
using Baton.Formats.Cpio;

namespace Baton.Tests.Formats;

/// <summary>Writing and walking cpio archives, with cpio and busybox as the judges.</summary>
public sealed class CpioTests
{
    public static TheoryData<int, string> Broken => Vectors.Lines("cpio-broken.txt");

    [Fact]
    public void What_is_written_is_read_again()
    {
        byte[] archive = TestImages.Cpio();
        List<CpioEntry> entries = [.. CpioReader.Entries(TestImages.Source(archive))];
        Assert.Equal(
            ["bin", "bin/init", "init", "dev", "dev/console", "empty", "TRAILER!!!"], entries.Select(e => e.Name));
        Assert.True(entries[0].IsDirectory);
        Assert.True(entries[1].IsFile);
        Assert.Equal(0x81edu, entries[1].Mode);
        Assert.Equal("#!/bin/sh\n"u8.ToArray(), entries[1].Data(TestImages.Source(archive)).ReadAll(100));
        Assert.True(entries[2].IsSymlink);
        Assert.Equal((5u, 1u), (entries[4].RdevMajor, entries[4].RdevMinor));
        Assert.Equal(archive.Length, entries[^1].End);
        Assert.Equal(archive, TestImages.Cpio());
    }

    [Fact]
    public void Cpio_lists_and_unpacks_what_is_written()
    {
        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        byte[] content = TestImages.Sample(100_001);
        using MemoryStream archive = new();
        using (CpioWriter cpio = new(archive))
        {
            cpio.Directory("d").File("d/ä file", content, 0x1a0).Symlink("link", "d/ä file").Device("null", 1, 3, 0x1b6);
        }

        byte[] bytes = archive.ToArray();
        string listing = Encoding.UTF8.GetString(ForeignTool.Run("cpio", ["-itv", "--quiet", "--numeric-uid-gid"], bytes));
        string[] lines = listing.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("drwxr-xr-x   2 0        0", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("-rw-r-----   1 0        0          100001 Jan  1  1970", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("lrwxrwxrwx", lines[2], StringComparison.Ordinal);
        Assert.Matches(@"^crw-rw-rw-.*1, +3", lines[3]);
        ForeignTool.Run("cpio", ["-idm", "--quiet", "d*", "link"], bytes, folder.Path);
        Assert.Equal(content, File.ReadAllBytes(folder.File("link")));
    }

    [Fact]
    public void Busybox_unpacks_what_is_written()
    {
        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        ForeignTool.Run("busybox", ["cpio", "-id", "bin*", "empty", "init"], TestImages.Cpio(), folder.Path);
        Assert.Equal("#!/bin/sh\n", File.ReadAllText(folder.File("init")));
        Assert.Empty(File.ReadAllBytes(folder.File("empty")));
    }

    [Fact]
    public void Archives_of_cpio_are_walked()
    {
        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        File.WriteAllBytes(folder.File("a"), new byte[5000]);
        File.WriteAllBytes(folder.File("b"), new byte[3]);
        byte[] archive = ForeignTool.Run("cpio", ["-o", "-H", "newc", "--quiet"], "a\nb\n"u8.ToArray(), folder.Path);
        Assert.Equal(
            [("a", 5000L), ("b", 3L), ("TRAILER!!!", 0L)],
            CpioReader.Entries(TestImages.Source(archive)).Select(e => (e.Name, e.Size)));
    }

    [Fact]
    public void A_file_that_becomes_shorter_leaves_no_trailer()
    {
        using MemoryStream stream = new();
        CpioWriter cpio = new(stream);
        Assert.Throws<ImageFormatException>(() => cpio.File("f", new ShrinkingSource()));
        long written = stream.Length;
        cpio.Dispose();
        Assert.Equal(written, stream.Length);
    }

    [Fact]
    public void A_file_of_four_gibibytes_does_not_fit()
    {
        using CpioWriter cpio = new(Stream.Null);
        Assert.Throws<ImageFormatException>(() => cpio.File("f", new ShrinkingSource { Length = 1L << 32 }));
    }

    [Fact]
    public void What_cannot_be_a_name_is_refused()
    {
        using CpioWriter cpio = new(Stream.Null);
        Assert.Throws<ArgumentException>(() => cpio.Directory(""));
        using CpioWriter another = new(Stream.Null);
        Assert.Throws<ArgumentException>(() => another.Directory(new string('a', 4096)));
        Assert.Throws<ArgumentOutOfRangeException>(() => another.Directory("a", 0x41ed));
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_archive_is_refused_with_the_place_of_the_defect(int line, string vector)
    {
        string?[] fields = Vectors.Fields(vector);
        byte[] archive = TestImages.Cpio();
        int offset = int.Parse(fields[1]!, CultureInfo.InvariantCulture);
        Encoding.Latin1.GetBytes(fields[2]!.Replace("\\1", "\u0001", StringComparison.Ordinal)).CopyTo(archive, offset);
        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => CpioReader.Entries(TestImages.Source(archive)).Count());
        Assert.True(fields[3] == e.Error.ToString() && fields[4] == e.Where.Field, $"line {line}: {e.Error}: {e.Message}");
    }

    [Fact]
    public void A_file_may_end_with_the_archive_and_not_one_byte_behind_it()
    {
        byte[] archive = TestImages.Cpio();
        uint room = (uint)archive.Length - 116;
        CpioFields.Filesize.Write(archive, room);
        Assert.Equal(room, Assert.Single(CpioReader.Entries(TestImages.Source(archive))).Size);
        CpioFields.Filesize.Write(archive, room + 1);
        Assert.Throws<ImageFormatException>(() => CpioReader.Entries(TestImages.Source(archive)).Count());
    }

    [Fact]
    public void Each_prefix_is_read_or_truncated() => Corruption.CheckPrefixes(TestImages.Cpio(), Read);

    [Fact]
    public void Corrupt_archives_raise_nothing_but_the_format_exception() =>
        Corruption.Check(TestImages.Cpio(), [0..260], Read);

    private static List<CpioEntry> Read(byte[] bytes) => [.. CpioReader.Entries(TestImages.Source(bytes))];

    private sealed class ShrinkingSource : IByteSource
    {
        public string Name => "f";

        public long Length { get; init; } = 100_000;

        public void Read(long offset, Span<byte> destination)
        {
            if (offset > 0)
            {
                throw new ImageFormatException(ImageError.Changed, new ImageLocation(Name, offset, "bytes"), "shorter");
            }
        }
    }
}
