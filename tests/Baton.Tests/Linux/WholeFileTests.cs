using System.Runtime.Versioning;
using Baton.Linux.Files;
using Baton.Tests.Formats;

namespace Baton.Tests.Linux;

/// <summary>A file that is written is whole or not there, and takes the place of a file alone.</summary>
[SupportedOSPlatform("linux")]
public sealed class WholeFileTests : IDisposable
{
    private readonly ForeignTool.TemporaryFolder _folder = ForeignTool.Folder();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_fails_leaves_what_was_there(bool isThere)
    {
        string path = _folder.File("f");
        if (isThere)
        {
            File.WriteAllText(path, "before");
        }

        WholeFile file = WholeFile.At(path, []);
        Assert.Equal(isThere, file.Exists);
        Assert.Throws<IOException>(() => file.Write(Fail, mayReplace: true, null));
        Assert.Equal(isThere, File.Exists(path));
        Assert.Equal(isThere ? "before" : "", isThere ? File.ReadAllText(path) : "");
        Assert.Equal(isThere ? 1 : 0, Directory.GetFiles(_folder.Path).Length);

        static void Fail(Stream stream)
        {
            stream.Write(new byte[100]);
            throw new IOException("No space left on device");
        }
    }

    [Fact]
    public void A_file_is_replaced_with_its_mode_if_it_may_be()
    {
        string path = _folder.File("f");
        File.WriteAllText(path, "before");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        WholeFile file = WholeFile.At(path, []);
        Assert.Throws<IOException>(() => file.Write(stream => stream.WriteByte(1), mayReplace: false, null));
        Assert.Equal("before", File.ReadAllText(path));
        file.Write(stream => stream.WriteByte(1), mayReplace: true, null);
        Assert.Equal([1], File.ReadAllBytes(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void What_is_no_file_is_not_replaced()
    {
        File.WriteAllText(_folder.File("f"), "");
        File.CreateSymbolicLink(_folder.File("link"), "f");
        File.CreateSymbolicLink(_folder.File("nowhere"), "none");
        ForeignTool.Run("mkfifo", [_folder.File("pipe")]);
        Refuses("/dev/null", "it is a character device; give the name of a file");
        Refuses(_folder.Path, "it is a directory");
        Refuses(_folder.File("pipe"), "it is a pipe");
        Refuses(_folder.File("link"), "it is a symbolic link to f");
        Refuses(_folder.File("nowhere"), "it is a symbolic link to none");
    }

    [Fact]
    public void An_input_is_not_replaced_whatever_its_name()
    {
        string path = _folder.File("f");
        File.WriteAllText(path, "");
        File.CreateSymbolicLink(_folder.File("link"), "f");
        Refuses(path, "which is read to make it", "-", "https://none/such", path);
        Refuses(path, "which is read to make it", _folder.File("link"));
        Assert.True(WholeFile.At(path, ["/none/such", _folder.Path, ""]).Exists);
    }

    private static void Refuses(string path, string words, params string[] inputs) => Assert.Contains(
        words, Assert.Throws<IOException>(() => WholeFile.At(path, inputs)).Message, StringComparison.Ordinal);
}
