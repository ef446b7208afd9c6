using Baton.Lab;
using Baton.Machines;
using Baton.Probe;

namespace Baton.EndToEnd;

/// <summary>
/// A handover to a probe that behaves as FreeBSD's early code does: what processor and memory really are at btext, what the
/// page tables lead to, and every record of the chain.
/// </summary>
public sealed class FreeBsdTests
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
        }.Run();
        result.Check();
        CheckFirmware(result);
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
        }.Run();
        result.Check();
        CheckFirmware(result);
        Assert.Contains("as with FreeBSD's own loader", result.Scenario.Frames.Tried("load").Error, StringComparison.Ordinal);
    }

    /// <summary>The map is the firmware's, and the shell script records the same one.</summary>
    private static void CheckFirmware(FreeBsdBootResult result)
    {
        Witness recorded = new(result.Scenario.Frames.Bytes("record"));
        byte[] map = result.Record(FreeBsdBootResult.EfiMap)!;
        Assert.Equal(recorded.Files.Read(RecordPaths.EfiMap).Bytes.ToArray(), map[32..]);
        Assert.True(map.Length > 32 + (20 * 48), $"{map.Length} bytes of EFI map");
        Assert.Null(result.Record(FreeBsdBootResult.Smap));
        Assert.Equal(
            result.Before.Machine.Efi!.SystemTable!.Value.Value,
            BitConverter.ToUInt64(result.Record(FreeBsdBootResult.FirmwareHandle)!));
        Framebuffer screen = result.Before.Machine.Framebuffer!;
        byte[] told = result.Record(FreeBsdBootResult.EfiFramebuffer)!;
        Assert.Equal((screen.Range.Start.Value, screen.Range.Length), (BitConverter.ToUInt64(told), BitConverter.ToUInt64(told, 8)));
        Assert.Equal((screen.Height, screen.Width), (BitConverter.ToInt32(told, 16), BitConverter.ToInt32(told, 20)));
        Assert.Contains($"acpi.rsdp=0x{result.Before.Machine.AcpiRsdp!.Value.Value:x16}", result.Probe.Environment);
    }
}
