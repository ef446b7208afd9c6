using Baton.Lab;
using Baton.Linux.Files;

namespace Baton.EndToEnd;

/// <summary>The initramfs of a test's guest: busybox, the scripts, and what the scenario adds.</summary>
internal static class Guests
{
    /// <summary>An initramfs that runs a scenario: a piece of busybox shell that may use guest/functions.</summary>
    public static Initramfs With(string scenario) => new Initramfs()
        .Directory("proc").Directory("sys").Directory("tmp").Directory("modules")
        .AddHostFile("bin/busybox", Repository.Busybox)
        .AddHostFile("init", Repository.GuestScript("init"))
        .AddHostFile("functions", Repository.GuestScript("functions"))
        .Add("scenario", scenario + "\n");

    /// <summary>Adds a file of this machine.</summary>
    public static Initramfs AddHostFile(this Initramfs initramfs, string path, string hostFile) =>
        initramfs.Add(path, FileSource.Open(hostFile));

    /// <summary>Adds a program of this machine with the shared libraries that it needs.</summary>
    public static Initramfs AddProgram(this Initramfs initramfs, string path, string hostFile)
    {
        foreach (string library in HostProgram.Run("ldd", hostFile).Split('\n')
            .SelectMany(line => line.Split(' ', StringSplitOptions.TrimEntries))
            .Where(word => word.StartsWith('/')))
        {
            initramfs.AddHostFile(library.TrimStart('/'), library);
        }

        return initramfs.AddHostFile(path, hostFile);
    }
}
