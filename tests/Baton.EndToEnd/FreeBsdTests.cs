using System.Text.RegularExpressions;
using Baton.Lab;
using Baton.Machines;
using Baton.Probe;

namespace Baton.EndToEnd;

/// <summary>
/// A handover to a probe that behaves as FreeBSD's early code does: what processor and memory really are at btext, what the
/// page tables lead to, and every record of the chain.
/// </summary>
public sealed partial class FreeBsdTests
{
    [Fact]
    public void A_kernel_for_2_MiB_finds_all_of_it_under_a_BIOS_with_5_level_paging()
    {
        FreeBsdBootResult result = new FreeBsdBoot
        {
            Kernel = new FreeBsdProbeKernel { Relocatable = false, Layout = FreeBsdProbeLayout.GnuLd },
            Options = FreeBsdBoot.ByOption,
            ProcessorModel = "max",
            MemoryMiB = 512,
            HasTimers = true,
        }.Run();
        result.Check();
        Assert.True(result.Before.Machine.Processor.La57);
        Assert.NotNull(result.Record(FreeBsdBootResult.Smap));
    }

    [Fact]
    public void A_relocatable_kernel_finds_what_a_root_file_system_loads()
    {
        FreeBsdBootResult result = new FreeBsdBoot
        {
            Kernel = new FreeBsdProbeKernel { Relocatable = true, Layout = FreeBsdProbeLayout.Lld },
            Options = FreeBsdBoot.ByRoot,
            ProcessorModel = "max,la57=off",
            MemoryMiB = 6144,
            Compressed = true,
        }.Run();
        result.Check();
    }

    [Fact]
    public void Under_UEFI_a_relocatable_kernel_gets_the_firmware_s_whole_map()
    {
        FreeBsdBootResult result = new FreeBsdBoot
        {
            Kernel = new FreeBsdProbeKernel { Relocatable = true, Layout = FreeBsdProbeLayout.GnuLd },
            Options = FreeBsdBoot.ByOption,
            Firmware = Firmware.Uefi,
            MemoryMiB = 6144,
            CommandLine = "efi=debug",
        }.Run();
        result.Check();
        CheckFirmware(result);
        CheckMap(result);

        // Debian's kernel does not let root read where the map lies: the crossing copies it.
        Assert.Contains("\"name\": \"EFI memory map\"", result.Scenario.Frames.Tried("plan").Output, StringComparison.Ordinal);
        Assert.False(new Witness(result.Scenario.Frames.Bytes("record")).Files.Read(RecordPaths.EfiMap).IsPresent);
    }

    [Fact]
    public void Under_UEFI_a_kernel_for_2_MiB_lies_over_what_the_firmware_keeps_there()
    {
        FreeBsdBootResult result = new FreeBsdBoot
        {
            Kernel = new FreeBsdProbeKernel { Relocatable = false, Layout = FreeBsdProbeLayout.LldWithBss },
            Options = FreeBsdBoot.ByRoot,
            Firmware = Firmware.Uefi,
            ProcessorModel = "max,la57=off,pdpe1gb=off",
            MemoryMiB = 512,
            CommandLine = "iomem=relaxed",
        }.Run();
        result.Check();
        CheckFirmware(result);
        Assert.Contains("as with FreeBSD's own loader", result.Scenario.Frames.Tried("load").Error, StringComparison.Ordinal);

        // With iomem=relaxed root may read the map, and both the loader and the shell script do.
        Witness recorded = new(result.Scenario.Frames.Bytes("record"));
        Assert.Equal(
            recorded.Files.Read(RecordPaths.EfiMap).Bytes.ToArray(), result.Record(FreeBsdBootResult.EfiMap)![32..]);
        Assert.NotNull(recorded.Machine.Efi!.CompleteMap);
    }

    /// <summary>The map is the one that Linux was given, as Linux itself prints it, first of all.</summary>
    private static void CheckMap(FreeBsdBootResult result)
    {
        byte[] map = result.Record(FreeBsdBootResult.EfiMap)!;
        List<string> found = [];
        int stride = BitConverter.ToInt32(map, 8);
        for (int at = 32; at < map.Length; at += stride)
        {
            ulong start = BitConverter.ToUInt64(map, at + 8);
            found.Add($"0x{start:x16}-0x{start + (BitConverter.ToUInt64(map, at + 24) * 4096) - 1:x16}");
        }

        Assert.True(found.Count > 20, $"{found.Count} descriptors");
        Assert.Equal(LinuxMap().Matches(result.Before.KernelLog).Take(found.Count).Select(match => match.Groups[1].Value), found);
        Assert.Contains($"efi: mem{found.Count - 1}: ", result.Before.KernelLog, StringComparison.Ordinal);
        Assert.DoesNotContain($"efi: mem{found.Count}: ", result.Before.KernelLog, StringComparison.Ordinal);
    }

    /// <summary>What goes along with the map.</summary>
    private static void CheckFirmware(FreeBsdBootResult result)
    {
        Assert.Null(result.Record(FreeBsdBootResult.Smap));
        Assert.Equal(
            result.Before.Machine.Efi!.SystemTable!.Value.Value,
            BitConverter.ToUInt64(result.Record(FreeBsdBootResult.FirmwareHandle)!));
        Framebuffer screen = result.Before.Machine.Framebuffer!;
        byte[] told = result.Record(FreeBsdBootResult.EfiFramebuffer)!;
        Assert.Equal(screen.Range.Start.Value, BitConverter.ToUInt64(told));
        Assert.Equal(screen.Range.Length, BitConverter.ToUInt64(told, 8));
        Assert.Equal((screen.Height, screen.Width), (BitConverter.ToInt32(told, 16), BitConverter.ToInt32(told, 20)));
        Assert.Contains($"acpi.rsdp=0x{result.Before.Machine.AcpiRsdp!.Value.Value:x16}", result.Probe.Environment);
    }

    [GeneratedRegex(@"efi: mem\d+: .*range=\[(0x[0-9a-f]{16}-0x[0-9a-f]{16})\]")]
    private static partial Regex LinuxMap();
}
