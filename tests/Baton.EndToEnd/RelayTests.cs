using Baton.Lab;

namespace Baton.EndToEnd;

/// <summary>What comes after the first handover: the next kernel hands over as well.</summary>
public sealed class RelayTests
{
    /// <summary>Each kernel gets its facts from the one before it, on UEFI through two sets of boot_params.</summary>
    [Fact]
    public void The_next_kernel_hands_over_in_its_turn_and_the_third_finds_the_same_machine()
    {
        ScenarioResult result = new Handover
        {
            Firmware = Firmware.Uefi,
            NextFiles = new Dictionary<string, string>
            {
                ["baton"] = Repository.Binary,
                ["vmlinuz"] = DebianKernel.Cloud.Image,
            },
            After = """
                ( cd / && find . -xdev | grep -v -E '^./(tmp|dev|proc|sys|scenario)' | cpio -o -H newc ) >/tmp/third.cpio
                mkdir -p /tmp/root && echo 'witness c' >/tmp/root/scenario
                ( cd /tmp/root && echo scenario | cpio -o -H newc ) >/tmp/scenario.cpio
                try again /baton load /vmlinuz --initrd /tmp/third.cpio --initrd /tmp/scenario.cpio \
                  --command-line 'console=ttyS0 no_timer_check panic=-1 third=kernel'
                /baton exec --now
                """,
        }.Run();
        TriedCommand again = result.Frames.Tried("again");
        Assert.True(again.Status == 0, again.Error);
        Witness a = result.Witness("a");
        Witness c = result.Witness("c");
        Assert.Equal(DebianKernel.Cloud.Release, c.Machine.Kernel.Release);
        Assert.Equal("console=ttyS0 no_timer_check panic=-1 third=kernel", c.CommandLine);
        Assert.Equal(a.FirmwareMemmap, c.FirmwareMemmap);
        Assert.Equal(a.AcpiTables, c.AcpiTables);
        Assert.Equal(a.Machine.AcpiRsdp, c.Machine.AcpiRsdp);
        Assert.Equal(a.Machine.Efi?.SystemTable, c.Machine.Efi?.SystemTable);

        // The planner sorts the map by address, the first kernel shows it in the order in which it mapped it.
        Assert.Equal(
            a.Machine.Efi?.RuntimeMap.OrderBy(region => region.Range), c.Machine.Efi?.RuntimeMap.OrderBy(region => region.Range));
        Assert.Equal(a.Machine.Efi?.ConfigurationTable, c.Machine.Efi?.ConfigurationTable);
    }

    [Fact]
    public void A_vmlinux_taken_out_of_its_bzImage_boots()
    {
        ScenarioResult result = new Handover
        {
            MemoryMiB = 1536,
            Before = "try extract /baton inspect /next/vmlinuz --extract vmlinux -o /vmlinux",
            Kernel = "/vmlinux",
        }.Run();
        Assert.Equal(0, result.Frames.Tried("extract").Status);
    }
}
