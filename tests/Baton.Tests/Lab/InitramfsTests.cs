using Baton.Lab;

namespace Baton.Tests.Lab;

/// <summary>The initramfs builder: what it makes is told by cpio(1), what cannot work is refused.</summary>
public sealed class InitramfsTests
{
    [Fact]
    public void Directories_come_by_themselves_and_first()
    {
        string directory = Directory.CreateTempSubdirectory("baton-initramfs-").FullName;
        try
        {
            string file = Path.Join(directory, "archive");
            new Initramfs().Add("z/y/x", "text").Add("init", "#!").Link("z/link", "y/x").Directory("proc").Save(file);
            using System.Diagnostics.Process cpio = System.Diagnostics.Process.Start(
                new System.Diagnostics.ProcessStartInfo("cpio",
                    ["-t", "--quiet", "-F", file]) { RedirectStandardOutput = true })!;
            Assert.Equal(
                ["dev", "dev/console", "init", "proc", "z", "z/link", "z/y", "z/y/x"],
                cpio.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Nothing_can_lie_behind_a_link() =>
        Assert.Throws<ArgumentException>(() => new Initramfs().Link("lib", "usr/lib").Add("lib/x", "text"));

    [Fact]
    public void A_directory_cannot_become_a_link() =>
        Assert.Throws<ArgumentException>(() => new Initramfs().Add("lib/x", "text").Link("lib", "usr/lib"));

    [Fact]
    public void The_last_file_of_a_name_counts() =>
        Assert.Equal(4, new Initramfs().Add("x", "a").Add("x", "four").Files["x"].Length);
}
