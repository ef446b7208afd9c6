using Baton.Lab;
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
    }
}
