using System.Text;
using Baton.Probe;

namespace Baton.EndToEnd;

/// <summary>
/// The command kload in a guest, with the FreeBSD probe as what it starts; and nextboot.conf, which whoever jumps disables in
/// the guest's file system.
/// </summary>
public sealed class KloadTests
{
    private const string NextBoot = "nextboot_enable=\"YES\"\nprobe.words=\"next boot\"\nprobe.next=\"1\"\n";

    private const string Variables = "-k boot_single=YES -k boot_verbose=YES -k 'probe.words=two words'";

    /// <summary>A process that shows nextboot.conf when it is told to end: after it was disabled, and before the jump.</summary>
    private const string Watch = """
        ( trap "send disabled /root/boot/nextboot.conf; exit" TERM; : >/tmp/watch; while :; do sleep 0.1; done ) &
        until [ -e /tmp/watch ]; do sleep 0.1; done
        """;

    private static readonly string Disabled =
        Encoding.ASCII.GetString(Baton.Protocols.FreeBsd.LoaderConf.NextBoot.Disable(Encoding.ASCII.GetBytes(NextBoot)));

    [Fact]
    public void It_shows_loads_unloads_and_goes_through_the_orderly_shutdown()
    {
        FreeBsdBootResult result = Run(
            $"""
            try show kload -n -h /root -k probe.words=shown
            cat /sys/kernel/kexec_loaded >/tmp/shown; send shown /tmp/shown
            try loads kload -h /root -k probe.words=lost
            cat /sys/kernel/kexec_loaded >/tmp/loaded; send loaded /tmp/loaded
            try unloads kload -u
            cat /sys/kernel/kexec_loaded >/tmp/unloaded; send unloaded /tmp/unloaded
            send untouched /root/boot/nextboot.conf
            {Watch}
            """,
            load: "true",
            jump: $"kload -r -h /root {Variables}");
        Frames frames = result.Scenario.Frames;
        Assert.Equal(0, frames.Tried("show").Status);
        Assert.Contains("FreeBSD/amd64", frames.Tried("show").Output, StringComparison.Ordinal);
        Assert.Contains("probe.words=shown", frames.Tried("show").Output, StringComparison.Ordinal);
        Assert.Equal((0, 0), (frames.Tried("loads").Status, frames.Tried("unloads").Status));
        Assert.Equal(("0", "1", "0"), (frames.Text("shown"), frames.Text("loaded"), frames.Text("unloaded")));
        Assert.Equal(NextBoot, Encoding.ASCII.GetString(frames.Bytes("untouched")));
        Assert.Equal(Disabled, Encoding.ASCII.GetString(frames.Bytes("disabled")));
        string console = string.Join('\n', result.Scenario.Console);
        Assert.Contains("kload: SIGTERM to ", console, StringComparison.Ordinal);
    }

    [Fact]
    public void It_executes_at_once()
    {
        FreeBsdBootResult result = Run(Watch, load: "true", jump: $"kload -e -h /root {Variables}");
        Assert.DoesNotContain("disabled", result.Scenario.Frames.Names);
    }

    [Fact]
    public void Baton_run_disables_the_next_boot_too()
    {
        FreeBsdBootResult result = Run(
            Watch, load: "true", jump: $"baton run {FreeBsdBoot.ByRoot} --env 'probe.words=two words'");
        Assert.Equal(Disabled, Encoding.ASCII.GetString(result.Scenario.Frames.Bytes("disabled")));
    }

    private static FreeBsdBootResult Run(string before, string load, string jump)
    {
        FreeBsdBootResult result = new FreeBsdBoot
        {
            Kernel = new FreeBsdProbeKernel { Relocatable = true, Layout = FreeBsdProbeLayout.Lld },
            Options = FreeBsdBoot.ByRoot,
            Before = before,
            Load = load,
            Jump = jump,
            NextBoot = NextBoot,
        }.Run();
        result.Check();
        Assert.Contains("probe.next=1", result.Probe.Environment);
        return result;
    }
}
