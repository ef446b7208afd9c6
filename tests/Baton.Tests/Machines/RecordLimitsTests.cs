using System.Formats.Tar;
using System.Text;
using Baton.Bytes;
using Baton.Machines;

namespace Baton.Tests.Machines;

/// <summary>Machine records that would take far more memory than they have bytes.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class RecordLimitsTests
{
    [Fact]
    public void A_path_that_no_system_has_is_refused()
    {
        string path = string.Concat(Enumerable.Repeat("a/", 2500)) + "b";
        byte[] archive = RecordTests.Archive(TarEntryFormat.Gnu, path);
        Assert.Equal(
            (ImageError.OutOfRange, "path"), Fault(() => TarFileTree.Read(new MemoryStream(archive), "test")));

        Dictionary<string, string> files = Trees.Pc();
        files[RecordPaths.Version] = "1\n";
        files[RecordPaths.Denied] = path + "\n";
        Assert.Equal((ImageError.OutOfRange, "path"), Fault(() => MachineReader.Read(Trees.Of(files))));

        files[RecordPaths.Denied] = string.Concat(Enumerable.Range(0, FileLimits.Files + 1).Select(i => $"{i}\n"));
        Assert.Equal((ImageError.OutOfRange, "path"), Fault(() => MachineReader.Read(Trees.Of(files))));
    }

    [Fact]
    public void A_deep_path_takes_no_more_memory_than_a_long_one()
    {
        string path = string.Concat(Enumerable.Repeat("a/", 2000)) + "b";
        Dictionary<string, TreeFile> files = new() { [path] = TreeFile.Denied, ["a/c"] = TreeFile.Denied };
        long before = GC.GetAllocatedBytesForCurrentThread();
        MemoryFileTree tree = new("test", files);
        Assert.Equal(["a", "c"], tree.List("a"));
        Assert.Equal(["b"], tree.List(path[..^2]));
        Assert.Empty(tree.List("b"));
        Assert.Equal(["a"], tree.List(""));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    /// <summary>Extended headers of pax and GNU: the base library's reader would make room for 2 GB first.</summary>
    [Theory]
    [InlineData('x', "17777777777")]
    [InlineData('g', "17777777777")]
    [InlineData('L', "17777777777")]
    [InlineData('K', "00000002001")]
    [InlineData('x', "\u0080\0\0\0\0\0\0\0\u007f\u00ff\u00ff\u00ff")]
    public void A_header_that_announces_more_than_there_is_is_refused(char type, string size)
    {
        byte[] header = new byte[512];
        "x"u8.CopyTo(header);
        "0000644\0000000000\0000000000\0"u8.CopyTo(header.AsSpan(100));
        Encoding.Latin1.GetBytes(size).CopyTo(header, 124);
        "00000000000\0        "u8.CopyTo(header.AsSpan(136));
        header[156] = (byte)type;
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        Encoding.ASCII.GetBytes($"{Convert.ToString(header.Sum(b => b), 8),6}\0").CopyTo(header, 148);
        byte[] archive = [.. header, .. new byte[1024]];

        foreach (byte[] bytes in (byte[][])[archive, RecordTests.Gzip(archive)])
        {
            Assert.Equal((ImageError.Truncated, "size"), Fault(() => TarFileTree.Read(new MemoryStream(bytes), "test")));
        }
    }

    private static (ImageError Error, string Field) Fault(Func<object> read)
    {
        ImageFormatException e = Assert.Throws<ImageFormatException>(read);
        return (e.Error, e.Where.Field);
    }
}
