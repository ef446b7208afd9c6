using Baton.Bytes;
using Baton.Linux.Files;
using Baton.Tests.Formats;

namespace Baton.Tests.Linux;

/// <summary>Open files as sources: what is read, and what happens when the file changes.</summary>
public sealed class FileSourceTests : IDisposable
{
    private readonly ForeignTool.TemporaryFolder _folder = ForeignTool.Folder();

    [Fact]
    public void Any_part_can_be_read()
    {
        byte[] bytes = TestImages.Sample(10_000);
        using FileSource source = Open(bytes);
        Assert.Equal(bytes, source.ReadAll(10_000));
        Assert.Equal(bytes[9_990..], source.Window(9_990, 100).Bytes.ToArray());
    }

    [Fact]
    public void What_is_not_in_the_file_is_truncated()
    {
        using FileSource source = Open(new byte[10]);
        Assert.Equal(ImageError.Truncated, ErrorOf(() => source.Read(5, new byte[6])));
        Assert.Equal(ImageError.Truncated, ErrorOf(() => source.Read(11, default)));
        Assert.Equal(ImageError.Truncated, ErrorOf(() => source.Read(-1, new byte[1])));
        Assert.Equal(ImageError.Truncated, ErrorOf(() => source.Read(long.MaxValue, new byte[1])));
    }

    [Fact]
    public void A_file_that_becomes_shorter_has_changed()
    {
        using FileSource source = Open(new byte[10_000]);
        File.WriteAllBytes(_folder.File("f"), new byte[5_000]);
        Assert.Equal(ImageError.Changed, ErrorOf(() => source.Read(4_000, new byte[2_000])));
    }

    [Fact]
    public void A_directory_is_no_source() => Assert.Throws<IOException>(() => FileSource.Open(_folder.Path));

    [Fact]
    public void A_pipe_is_refused_before_it_is_waited_for()
    {
        string pipe = _folder.File("pipe");
        ForeignTool.Run("mkfifo", [pipe]);
        IOException e = Assert.Throws<IOException>(() => FileSource.Open(pipe));
        Assert.Contains("is a pipe; a file is needed", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/dev/null", "is a character device; a file is needed")]
    [InlineData("/proc/self/status", "is a file of /proc, which does not tell its length")]
    public void What_has_no_length_is_refused(string path, string words)
    {
        IOException e = Assert.Throws<IOException>(() => FileSource.Open(path));
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_name_is_no_file() => Assert.Throws<FileNotFoundException>(() => FileSource.Open(""));

    [Fact]
    public void A_link_is_followed()
    {
        using FileSource source = Open([1, 2, 3]);
        File.CreateSymbolicLink(_folder.File("link"), "f");
        using FileSource linked = FileSource.Open(_folder.File("link"));
        Assert.Equal(3, linked.Length);
    }

    public void Dispose() => _folder.Dispose();

    private FileSource Open(byte[] bytes)
    {
        File.WriteAllBytes(_folder.File("f"), bytes);
        return FileSource.Open(_folder.File("f"));
    }

    private static ImageError ErrorOf(Action read) => Assert.Throws<ImageFormatException>(read).Error;
}
