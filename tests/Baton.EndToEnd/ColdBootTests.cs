namespace Baton.EndToEnd;

/// <summary>The lab itself: a kernel started by the firmware, without any handover.</summary>
public sealed class ColdBootTests
{
    [Fact]
    public void A_kernel_reaches_userspace_and_tells_what_it_sees()
    {
        ScenarioResult result = new Scenario
        {
            Initramfs = Guests.With("try uname uname -r\nwitness a"),
            CommandLine = "quiet cold=\"yes, cold\"",
        }.Run();

        Assert.Equal(new TriedCommand(0, DebianKernel.Cloud.Release, ""), result.Frames.Tried("uname"));
        Witness a = result.Witness("a");
        Assert.Equal("console=ttyS0 no_timer_check panic=-1 quiet cold=\"yes, cold\"", a.CommandLine);
        Assert.Equal(DebianKernel.Cloud.Release, a.Machine.Kernel.Release);
        Assert.Contains("Linux version", a.KernelLog, StringComparison.Ordinal);
        Assert.Contains("FACP", a.AcpiTables);
        Assert.Contains(a.FirmwareMemmap, range => range == "0x100000-0x3ffdffff System RAM");
        Assert.Equal(
            HostProgram.Run("sha256sum", Repository.Busybox)[..64], a.Checksums["bin/busybox"]);
    }
}
