using Baton.Lab;
using Baton.Linux.Files;

namespace Baton.EndToEnd;

/// <summary>The initramfs of a test's guest: busybox, the scripts, and what the scenario adds.</summary>
internal static class Guests
{
    /// <summary>
    /// What every Linux for x86 is told that a machine starts. It would try its timer otherwise, and panic where a busy host
    /// gives its machine too few ticks.
    /// </summary>
    public const string Line = "console=ttyS0 no_timer_check panic=-1";

    /// <summary>The same for arm64.</summary>
    public const string LineArm64 = "console=ttyAMA0 panic=-1";

    private static readonly string[] SystemdUnits =
    [
        "kexec.target", "systemd-kexec.service", "shutdown.target", "umount.target", "final.target", "rescue.target",
        "emergency.target", "reboot.target", "systemd-reboot.service",
    ];

    /// <summary>What a Linux for an architecture is told.</summary>
    public static string LineOf(Architecture architecture) => architecture == Architecture.Arm64 ? LineArm64 : Line;

    /// <summary>An initramfs that runs a scenario: a piece of busybox shell that may use guest/functions.</summary>
    public static Initramfs With(string scenario, Architecture architecture = Architecture.X64) => new Initramfs()
        .Directory("proc").Directory("sys").Directory("tmp").Directory("modules")
        .AddHostFile("bin/busybox", architecture == Architecture.Arm64 ? Repository.BusyboxArm64 : Repository.Busybox)
        .AddHostFile("init", Repository.GuestScript("init"))
        .AddHostFile("functions", Repository.GuestScript("functions"))
        .Add("scenario", scenario + "\n");

    /// <summary>Adds a file of this machine.</summary>
    public static Initramfs AddHostFile(this Initramfs initramfs, string path, string hostFile) =>
        initramfs.Add(path, FileSource.Open(hostFile));

    /// <summary>Adds files of this machine, by their paths in the guest.</summary>
    public static Initramfs AddHostFiles(this Initramfs initramfs, IReadOnlyDictionary<string, string> files)
    {
        foreach ((string path, string hostFile) in files)
        {
            initramfs.AddHostFile(path, hostFile);
        }

        return initramfs;
    }

    /// <summary>Adds modules of a kernel, which are loaded in this order before the scenario.</summary>
    public static Initramfs AddModules(this Initramfs initramfs, DebianKernel kernel, IReadOnlyList<string> modules)
    {
        foreach ((int i, string module) in modules.Index())
        {
            initramfs.AddHostFile($"modules/{i}-{Path.GetFileName(module)}", kernel.Module(module));
        }

        return initramfs;
    }

    /// <summary>Adds a program of this machine with the shared libraries that it needs.</summary>
    public static Initramfs AddProgram(this Initramfs initramfs, string program, string hostFile)
    {
        foreach (string library in HostProgram.Run("ldd", hostFile).Split('\n')
            .SelectMany(line => line.Split(' ', StringSplitOptions.TrimEntries))
            .Where(word => word.StartsWith('/')))
        {
            // As in Debian, /lib is a link: a library has one place, whichever name led to it.
            string path = library.StartsWith("/usr/", StringComparison.Ordinal) ? library[1..] : "usr" + library;
            initramfs.AddHostFile(path, library);
        }

        return initramfs.Link("lib", "usr/lib").Link("lib64", "usr/lib64").AddHostFile(program, hostFile);
    }

    /// <summary>Makes systemd PID 1: this machine's, with the few units that a start and a shutdown need.</summary>
    public static Initramfs AddSystemd(this Initramfs initramfs)
    {
        foreach (string unit in SystemdUnits)
        {
            initramfs.AddHostFile($"usr/lib/systemd/system/{unit}", $"/usr/lib/systemd/system/{unit}");
        }

        foreach (string unit in (string[])["default.target", "daemon.service", "scenario.service"])
        {
            initramfs.AddHostFile($"etc/systemd/system/{unit}", Repository.GuestScript($"systemd/{unit}"));
        }

        return initramfs
            .AddProgram("usr/lib/systemd/systemd", "/usr/lib/systemd/systemd")
            .AddProgram("usr/lib/systemd/systemd-shutdown", "/usr/lib/systemd/systemd-shutdown")
            .AddProgram("usr/bin/systemctl", "/usr/bin/systemctl")
            .Add("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
            .Add("etc/os-release", "ID=guest\n")
            .Directory("run");
    }
}
