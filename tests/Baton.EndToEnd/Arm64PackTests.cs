using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Baton.Bytes;
using Baton.Lab;
using Baton.Machines;

namespace Baton.EndToEnd;

/// <summary>
/// Handoffs on arm64, each on another machine: with a device tree or UEFI (and that with ACPI or a device tree), started at
/// EL1 or EL2, with a GICv2 or GICv3, 1 or 4 processors, 512 MiB or 6 GiB. Every pair of these is there. So is every form
/// of a kernel.
/// </summary>
public sealed partial class Arm64PackTests(ITestOutputHelper output)
{
    private const string NextCommandLine =
        "console=ttyAMA0 panic=-1 packed=here \"two words\"=\"a  b\" efi=debug";

    /// <summary>What of the device tree a loader changes.</summary>
    private static readonly string[] LoaderProperties =
        ["/memreserve/", "bootargs =", "linux,initrd-start =", "linux,initrd-end =", "kaslr-seed", "rng-seed"];

    [Theory]
    [InlineData("tree", 1, 2, 1, 512, "Image")]
    [InlineData("tree", 2, 3, 4, 6144, "Image.gz")]
    [InlineData("tree", 1, 3, 4, 512, "zboot")]
    [InlineData("tree", 2, 2, 1, 6144, "UKI")]
    [InlineData("UEFI", 1, 3, 1, 6144, "Image.gz")]
    [InlineData("UEFI", 2, 2, 4, 512, "zboot")]
    [InlineData("UEFI and tree", 1, 2, 4, 6144, "UKI")]
    [InlineData("UEFI and tree", 2, 3, 1, 512, "vmlinux")]
    public void The_next_kernel_finds_the_machine_as_it_was(
        string firmware, int level, int gic, int processors, int memoryMiB, string form)
    {
        using Arm64Machine machine = new(Arm64Machine.Any with
        {
            Firmware = firmware == "tree" ? Firmware.Bios : Firmware.Uefi,
            HasAcpi = firmware == "UEFI",
            StartsAtEl2 = level == 2,
            GicVersion = gic,
            Processors = processors,
            MemoryMiB = memoryMiB,
        });
        Witness before = machine.Before;
        byte[] payload = new byte[3_000_001];
        new Random(1).NextBytes(payload);
        Initramfs initramfs = Arm64Machine.Guest("witness next").Add("payload", payload);
        string kernel = Arm64Kernels.Write(machine, form, initramfs.ToArray(), NextCommandLine);
        string said = form == "UKI"
            ? machine.Pack("handoff", kernel)
            : machine.Pack(
                "handoff", kernel, "--initrd", machine.Write("initrd", initramfs), "--command-line", NextCommandLine);
        output.WriteLine(said);
        Assert.Matches(@"Proof: (\d+) of \1 clauses hold", said);
        Assert.Matches(@"program [3-7],\d{3} bytes, payload [\d,]+ bytes in 4 segments", said);

        ScenarioResult result = machine.RunAsInit("handoff");
        Witness next = result.Witness("next");
        Assert.Equal(DebianKernel.GenericArm64.Release, next.Machine.Kernel.Release);
        Assert.Equal(NextCommandLine, next.CommandLine);
        Assert.Equal(
            initramfs.Files.ToDictionary(file => file.Key, file => Sha256(file.Value)), next.Checksums);
        Assert.Equal(processors == 1 ? "0" : $"0-{processors - 1}", next.Files.Read("sys/devices/system/cpu/online").Line);
        Assert.Contains($"CPU: All CPU(s) started at EL{level}", next.KernelLog, StringComparison.Ordinal);
        Assert.Contains(gic == 2 ? "GICv2m: " : "GICv3: ", next.KernelLog, StringComparison.Ordinal);
        CheckMemory(before, next, firmware);
        CheckTree(machine, before, next);
        if (firmware != "tree")
        {
            CheckFirmware(before, next, result);
        }
    }

    /// <summary>
    /// The firmware's table still names the place of the first kernel's initrd: a next kernel whose tree names none would take
    /// what lies there now for one, and free it in the end.
    /// </summary>
    [Fact]
    public void On_UEFI_a_kernel_without_an_initrd_finds_none()
    {
        using Arm64Machine machine = new(Arm64Machine.Any with { Firmware = Firmware.Uefi, HasAcpi = true });
        machine.Pack("handoff", DebianKernel.GenericArm64.Image, "--command-line", "console=ttyAMA0 panic=-1 efi=debug");
        string[] lines = [.. machine.RunAsInit("handoff").Console.Select(line => line.Text)];
        int next = Array.FindIndex(
            lines, line => line.Contains($"Linux version {DebianKernel.GenericArm64.Release}", StringComparison.Ordinal));
        Assert.True(next > 0, "the next kernel did not start:\n" + string.Join('\n', lines.TakeLast(30)));
        string[] said = lines[next..];
        Assert.Contains(said, line => line.Contains("Kernel panic - not syncing: VFS", StringComparison.Ordinal));
        Assert.DoesNotContain(said, line => line.Contains("Linux version", StringComparison.Ordinal) && line != lines[next]);
        Assert.DoesNotContain(said, line => line.Contains("Initramfs unpacking failed", StringComparison.Ordinal));
        foreach (Match freed in said.Select(line => FreedLine().Match(line)).Where(match => match.Success))
        {
            Assert.InRange(int.Parse(freed.Groups[1].Value, CultureInfo.InvariantCulture), 0, 64);
        }
    }

    [Fact]
    public void Another_amount_of_memory_is_told_and_the_machine_switched_off()
    {
        using Arm64Machine machine = new(Arm64Machine.Any);
        machine.Pack("handoff", DebianKernel.GenericArm64.Image, "--append", "x");
        IReadOnlyList<ConsoleLine> console = machine.RunAsInit("handoff", memoryMiB: 768).Console;
        Assert.Contains(console, line => line.Text ==
            "handoff: /proc/iomem: System RAM [0x40000000, 0x70000000), recorded was [0x40000000, 0x80000000): "
            + "another machine than this file was made for, or its memory has changed");
        Assert.DoesNotContain(console, line => line.Text.Contains("Kernel panic", StringComparison.Ordinal));
    }

    /// <summary>Memory by /proc/iomem, at its top level: the same as after the cold boot in which it was recorded.</summary>
    private static void CheckMemory(Witness before, Witness next, string firmware)
    {
        Assert.Equal(Memory(before), Memory(next));
        Assert.Equal(before.Machine.SystemRam, next.Machine.SystemRam);
        if (firmware == "tree")
        {
            // With UEFI the firmware's map lies elsewhere.
            Assert.Equal(before.Machine.FirmwareMemory.Ram, next.Machine.FirmwareMemory.Ram);
        }
    }

    private static string[] Memory(Witness witness) =>
    [
        .. (witness.Files.Read("proc/iomem").Text ?? "").Split('\n').Where(line =>
            !line.StartsWith(' ')
            && (line.EndsWith("System RAM", StringComparison.Ordinal) || line.EndsWith("eserved", StringComparison.Ordinal))),
    ];

    /// <summary>
    /// The device tree, as dtc reads it, is the running kernel's but for what a loader says in /chosen, what it reserves for
    /// itself, and where the boot has put the firmware's map.
    /// </summary>
    private static void CheckTree(Arm64Machine machine, Witness before, Witness next)
    {
        string[] expected = Source(machine, before);
        Assert.Equal(expected, Source(machine, next));
        Assert.NotEmpty(expected);
    }

    private static string[] Source(Arm64Machine machine, Witness witness) =>
    [
        .. HostProgram.Run(
                "dtc", "-q", "-s", "-I", "dtb", "-O", "dts",
                machine.Write("fdt", witness.Files.Read(RunningDeviceTree.Path).Bytes.ToArray()))
            .Split('\n')
            .Where(line => !LoaderProperties.Append("linux,uefi-mmap-s").Any(line.TrimStart('\t').StartsWith)),
    ];

    /// <summary>
    /// UEFI's tables and its memory map: those of the second boot, as both of its kernels print them. The firmware puts them
    /// elsewhere in each boot.
    /// </summary>
    private static void CheckFirmware(Witness before, Witness next, ScenarioResult result)
    {
        Assert.Equal(before.AcpiTables, next.AcpiTables);
        List<string[]> maps = [];
        foreach (string line in result.Console.Select(line => line.Text))
        {
            if (line.Contains("Booting Linux on physical CPU", StringComparison.Ordinal))
            {
                maps.Add([]);
            }

            if (MapLine().Match(line) is { Success: true } match && maps.Count > 0)
            {
                maps[^1] = [.. maps[^1], match.Value];
            }
        }

        Assert.Equal(2, maps.Count);
        Assert.True(maps[0].Length > 10, $"{maps[0].Length} lines of the EFI memory map");
        Assert.Equal(maps[0], maps[1]);
        Assert.DoesNotContain("Runtime Services will not be available", next.KernelLog, StringComparison.Ordinal);
    }

    private static string Sha256(IByteSource source)
    {
        byte[] bytes = new byte[source.Length];
        source.Read(0, bytes);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    [GeneratedRegex(@"Freeing initrd memory: (\d+)K")]
    private static partial Regex FreedLine();

    [GeneratedRegex(@"efi:   0x[0-9a-f]+-0x[0-9a-f]+ \[.*|efi: SMBIOS 3\.0=.*")]
    private static partial Regex MapLine();
}
