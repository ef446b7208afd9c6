using Baton.Bytes;
using Baton.Linux.Files;

namespace Baton.Tests.Linux;

public sealed class DirectoryFileTreeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("baton-tree-test").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Tells_files_from_what_is_none()
    {
        Write("record/a/b", "text\n");
        Write("record/a/10", "");
        DirectoryFileTree tree = new(Path.Join(_folder, "record"));

        Assert.Equal("text", tree.Read("a/b").Line);
        Assert.Equal(TreeFileState.Present, tree.Read("a/10").State);
        Assert.Equal(TreeFileState.Absent, tree.Read("a/c").State);
        Assert.Equal(TreeFileState.Absent, tree.Read("a").State);
        Assert.Equal(TreeFileState.Absent, tree.Read("a/b/c").State);
        Assert.Equal(["10", "b"], tree.List("a"));
        Assert.Empty(tree.List("none"));
        Assert.Empty(tree.List("a/b"));
    }

    [Theory]
    [InlineData("/boot/kernel/kernel", "pool/boot/kernel.old/kernel")] // boot -> pool/boot, kernel -> /boot/kernel.old
    [InlineData("boot/../../x", "x")]
    [InlineData("up/x", "x")] // up -> ../..
    [InlineData("./boot//none", "pool/boot/none")]
    [InlineData("loop/x", null)] // loop -> loop
    public void Links_lead_where_they_would_below_a_changed_root(string path, string? expected)
    {
        Write("root/pool/boot/kernel.old/kernel", "elf");
        string root = Path.Join(_folder, "root");
        Directory.CreateSymbolicLink(Path.Join(root, "boot"), "pool/boot");
        Directory.CreateSymbolicLink(Path.Join(root, "pool/boot/kernel"), "/boot/kernel.old");
        Directory.CreateSymbolicLink(Path.Join(root, "up"), "../..");
        Directory.CreateSymbolicLink(Path.Join(root, "loop"), "loop");
        Assert.Equal(expected is null ? null : Path.Join(root, expected), RootedPath.Resolve(root, path));
        Assert.Equal("elf", new DirectoryFileTree(root).Read("boot/kernel/kernel").Line);
    }

    [Fact]
    public void Follows_links_inside_a_record_and_none_that_lead_out()
    {
        Write("secret/key", "secret");
        Write("record/real/name", "fb");
        string record = Path.Join(_folder, "record");
        Directory.CreateSymbolicLink(Path.Join(record, "inside"), "real");
        Directory.CreateSymbolicLink(Path.Join(record, "outside"), "../secret");
        File.CreateSymbolicLink(Path.Join(record, "file"), Path.Join(_folder, "secret/key"));
        File.CreateSymbolicLink(Path.Join(record, "loop"), "loop");
        DirectoryFileTree tree = new(record);

        Assert.Equal("fb", tree.Read("inside/name").Line);
        Assert.Equal(TreeFileState.Absent, tree.Read("outside/key").State);
        Assert.Equal(TreeFileState.Absent, tree.Read("file").State);
        Assert.Equal(TreeFileState.Absent, tree.Read("../secret/key").State);
        Assert.NotEqual(TreeFileState.Present, tree.Read("loop").State);
        Assert.Empty(tree.List("outside"));
        Assert.Empty(tree.List("../secret"));
    }

    [Fact]
    public void Reads_files_of_proc_whole_although_they_have_no_size()
    {
        DirectoryFileTree root = new("/");
        Assert.NotEmpty(root.Read("proc/cpuinfo").Text!);
        Assert.Equal(0, new FileInfo("/proc/cpuinfo").Length);
        Assert.Contains("cpuinfo", root.List("proc"));
    }

    [Fact]
    public void A_file_that_answers_an_error_is_denied() =>
        Assert.Equal(TreeFileState.Denied, new DirectoryFileTree("/").Read("proc/self/mem").State);

    [Fact]
    public void Refuses_a_file_without_end() =>
        Assert.Throws<ImageFormatException>(() => new DirectoryFileTree("/").Read("dev/zero"));

    [Fact]
    public void Needs_a_directory() =>
        Assert.Throws<DirectoryNotFoundException>(() => new DirectoryFileTree(Path.Join(_folder, "none")));

    private void Write(string path, string text)
    {
        string full = Path.Join(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
