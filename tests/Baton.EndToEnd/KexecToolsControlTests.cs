using Baton.Bytes;
using Baton.Lab;
using Baton.Linux.Files;

namespace Baton.EndToEnd;

/// <summary>
/// The control: the same handover, done by Debian's kexec-tools. It shows that the guests and the witness work, so
/// that a failure elsewhere is a failure of baton.
/// </summary>
public sealed class KexecToolsControlTests
{
    [Theory]
    [InlineData("-c")]
    [InlineData("-s")]
    public void Kexec_tools_hands_over_to_the_witness(string systemCall)
    {
        byte[] initrd = Guests.With("witness b").Add("payload", new string('x', 100_000)).ToArray();
        ScenarioResult result = new Scenario
        {
            Initramfs = Guests.With($"""
                witness a
                line="console=ttyS0 no_timer_check panic=-1 handed=over"
                try load kexec {systemCall} -l /next/vmlinuz --initrd=/next/initrd --command-line="$line"
                cat /sys/kernel/kexec_loaded >/tmp/loaded
                send loaded /tmp/loaded
                kexec -e
                """)
                .AddProgram("sbin/kexec", "/usr/sbin/kexec")
                .Add("next/vmlinuz", FileSource.Open(DebianKernel.Generic.Image))
                .Add("next/initrd", new ArraySource(initrd, "initrd")),
        }.Run();

        Assert.Equal(0, result.Frames.Tried("load").Status);
        Assert.Equal("1", result.Frames.Text("loaded"));
        Witness a = result.Witness("a");
        Witness b = result.Witness("b");
        Assert.Equal(DebianKernel.Cloud.Release, a.Machine.Kernel.Release);
        Assert.Equal(DebianKernel.Generic.Release, b.Machine.Kernel.Release);
        Assert.Equal("console=ttyS0 no_timer_check panic=-1 handed=over", b.CommandLine);
        Assert.Equal(a.AcpiTables, b.AcpiTables);
        Assert.Equal(
            ["bin/busybox", "functions", "init", "payload", "scenario"], b.Checksums.Keys.Order(StringComparer.Ordinal));
    }
}
