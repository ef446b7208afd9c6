using System.Diagnostics;
using System.Text.Json;
using Baton.Lab;
using Baton.Probe;

namespace Baton.EndToEnd;

/// <summary><c>baton rehearse</c>, as a user runs it.</summary>
public sealed class RehearseTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    [Fact]
    public void A_good_handoff_passes_and_tells_its_times()
    {
        TriedCommand rehearsal = Rehearse("--json", "--append", "quiet rehearsed");
        Assert.True(rehearsal.Status == 0, rehearsal.Error);
        Assert.Contains(
            "\"console=ttyS0 ignore_loglevel earlyprintk=ttyS0\" is added", rehearsal.Error, StringComparison.Ordinal);
        Assert.Contains("Command line: quiet rehearsed console=ttyS0", rehearsal.Error, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(rehearsal.Output);
        Assert.True(json.RootElement.GetProperty("passed").GetBoolean());
        double[] times = [.. json.RootElement.GetProperty("steps").EnumerateArray().Select(s => s.GetProperty("at").GetDouble())];
        Assert.Equal(5, times.Length);
        Assert.Equal(times.Order(), times);
    }

    /// <summary>From the pages of the process that jumps, and with a disk image that the next kernel finds in its map.</summary>
    [Fact]
    public void A_gather_with_a_ramdisk_passes()
    {
        string disk = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(disk, new byte[3 << 20]);
            TriedCommand rehearsal = Rehearse(
                "--json", "--append", "quiet", "--carrier", "gather", "--pin", "io-uring", "--ramdisk", disk,
                "--expect", "persistent (type 12)");
            Assert.True(rehearsal.Status == 0, rehearsal.Error);
            Assert.Contains("gathered /next/kernel", rehearsal.Error, StringComparison.Ordinal);
            Assert.Contains("pinned by io_uring", rehearsal.Error, StringComparison.Ordinal);
            using JsonDocument json = JsonDocument.Parse(rehearsal.Output);
            Assert.Equal(
                ["running kernel booted", "handoff planned", "list of its pages loaded", "jumped, first line of its console",
                    "\"persistent (type 12)\" on its console"],
                json.RootElement.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("step").GetString()));
        }
        finally
        {
            File.Delete(disk);
        }
    }

    [Fact]
    public void A_kernel_that_does_not_get_there_fails()
    {
        TriedCommand rehearsal = Rehearse("--quiet", "--append", "rdinit=/nowhere root=/dev/nothing");
        Assert.Equal(1, rehearsal.Status);
        Assert.Contains("The rehearsal failed: ", rehearsal.Output, StringComparison.Ordinal);
        Assert.Contains("Kernel panic - not syncing: VFS", rehearsal.Output, StringComparison.Ordinal);
        Assert.Contains("jumped, first line of its console", rehearsal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_handoff_that_cannot_be_loaded_fails_with_its_reason()
    {
        TriedCommand rehearsal = Rehearse("--place", "initrd=0xffff0000");
        Assert.Equal(1, rehearsal.Status);
        Assert.Contains("baton: init: plan failed with exit status 69", rehearsal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_left_when_it_is_killed()
    {
        using Process rehearsal = Start("--quiet");
        string name = $"baton-rehearse-{rehearsal.Id}";
        Stopwatch waited = Stopwatch.StartNew();
        while (LabTests.MachinesNamed(name).Count == 0)
        {
            Assert.True(waited.Elapsed < Limit && !rehearsal.HasExited, "the machine did not start");
            Thread.Sleep(50);
        }

        string directory = LabTests.MachinesNamed(name)[0].CommandLine.Split('\0')
            .Single(word => word.EndsWith("/initramfs", StringComparison.Ordinal))[..^"/initramfs".Length];
        rehearsal.Kill();
        while (LabTests.MachinesNamed(name).Count > 0 || Directory.Exists(directory))
        {
            Assert.True(waited.Elapsed < Limit, "the machine or its files are still there");
            Thread.Sleep(50);
        }
    }

    /// <summary>A FreeBSD root, of which only what is needed goes into the machine.</summary>
    [Fact]
    public void A_FreeBSD_kernel_passes_by_its_banner_and_by_what_is_expected()
    {
        string folder = Directory.CreateTempSubdirectory("baton-rehearse-").FullName;
        try
        {
            void Write(string path, byte[] bytes)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(folder, path))!);
                File.WriteAllBytes(Path.Join(folder, path), bytes);
            }

            Write("boot/kernel/kernel", new FreeBsdProbeKernel { Relocatable = true, Layout = FreeBsdProbeLayout.Lld }.Build());
            Write("boot/modules/first.ko", FreeBsdBoot.Module("first", null));
            Write("boot/modules/second.ko", FreeBsdBoot.Module("second", "first"));
            Write("boot/modules/other.ko", new byte[100]);
            Write("boot/loader.conf", "second_load=\"YES\"\nprobe.words=\"of loader.conf\"\n"u8.ToArray());
            Write("etc/fstab", "/dev/ada0p2 / ufs rw 1 1\n"u8.ToArray());
            string extra = Path.Join(folder, "extra.img");
            Write("extra.img", new byte[5000]);
            TriedCommand rehearsal = Finish(StartIt(
                [
                    "rehearse", "--freebsd", folder, "--module", $"{extra}:md_image", "--env", "boot_verbose=NO",
                    "--command-line", "-s probe.more=1", "--running", DebianKernel.Cloud.Image,
                    "--json", "--expect", "FREEBSD done",
                ]));
            Assert.True(rehearsal.Status == 0, rehearsal.Output + rehearsal.Error);
            using JsonDocument json = JsonDocument.Parse(rehearsal.Output);
            Assert.True(json.RootElement.GetProperty("passed").GetBoolean());
            Assert.Contains(
                "FreeBSD 12.0-PROBE",
                json.RootElement.GetProperty("steps")[3].GetRawText(),
                StringComparison.Ordinal);
            Assert.Contains(
                "for the rehearsal boot_serial=YES, console=comconsole, hw.uart.console=io:0x3f8,br:115200 is added",
                rehearsal.Error,
                StringComparison.Ordinal);
            FreeBsdProbeOutput probe = FreeBsdProbeOutput.Parse(rehearsal.Error.Split('\n'));
            Assert.Empty(probe.Broken);
            Assert.Equal(
                ["boot_serial=YES", "boot_verbose=NO", "console=comconsole", "hw.uart.console=io:0x3f8,br:115200",
                    "kernelname=/boot/kernel/kernel", "module_path=/boot/kernel;/boot/modules", "probe.more=1",
                    "probe.words=of loader.conf", "vfs.root.mountfrom.options=rw",
                    "vfs.root.mountfrom=ufs:/dev/ada0p2"],
                probe.Environment.Where(line => !line.StartsWith("acpi", StringComparison.Ordinal)
                    && !line.StartsWith("hint", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
            Assert.Equal(4, probe.Files.Count);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_missing_QEMU_is_named_with_its_package()
    {
        using Process rehearsal = Start(["--quiet"], path: "/nowhere");
        string error = rehearsal.StandardError.ReadToEnd();
        rehearsal.WaitForExit();
        Assert.Equal(69, rehearsal.ExitCode);
        Assert.EndsWith(
            $"baton: {VirtualMachine.Program} is not installed; on Debian it is in the package qemu-system-x86\n", error);
    }

    private static TriedCommand Rehearse(params string[] arguments) => Finish(Start(arguments));

    private static TriedCommand Finish(Process started)
    {
        using Process rehearsal = started;
        Task<string> error = rehearsal.StandardError.ReadToEndAsync();
        string output = rehearsal.StandardOutput.ReadToEnd();
        Assert.True(rehearsal.WaitForExit(Limit), "it did not end");
        return new TriedCommand(rehearsal.ExitCode, output, error.Result);
    }

    private static Process Start(params string[] arguments) => Start(arguments, path: null);

    private static Process Start(string[] arguments, string? path) =>
        StartIt(["rehearse", DebianKernel.Generic.Image, "--running", DebianKernel.Cloud.Image, .. arguments], path);

    private static Process StartIt(string[] arguments, string? path = null)
    {
        ProcessStartInfo start = new(Repository.Binary, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (path is not null)
        {
            start.Environment["PATH"] = path;
        }

        return Process.Start(start)!;
    }
}
