namespace Baton.EndToEnd;

/// <summary>The orderly jump where a shell script is PID 1, and where systemd is.</summary>
public sealed class OrderlyExecTests
{
    [Fact]
    public void Processes_are_told_and_the_stubborn_are_ended()
    {
        ScenarioResult result = new Handover
        {
            Between = """
                sh -c 'trap "echo guest: the daemon says goodbye; exit" TERM; : >/tmp/daemon; while :; do sleep 0.1; done' &
                sh -c 'trap "" TERM; : >/tmp/stubborn; while :; do sleep 0.1; done' &
                until [ -e /tmp/daemon ] && [ -e /tmp/stubborn ]; do sleep 0.1; done
                """,
            Jump = "baton exec",
        }.Run();
        string console = string.Join('\n', result.Console);
        Assert.Contains("guest: the daemon says goodbye", console, StringComparison.Ordinal);
        Assert.Contains("baton: SIGTERM to ", console, StringComparison.Ordinal);
        Assert.Contains("baton: SIGKILL to ", console, StringComparison.Ordinal);
    }

    /// <summary>
    /// Once processes are ended there is no way back: neither a connection that goes down nor a log that is full stops what
    /// follows.
    /// </summary>
    [Fact]
    public void Nothing_stops_it_halfway() => new Handover
    {
        Between = """
            sh -c 'trap ": >/tmp/told" TERM; : >/tmp/stubborn; while :; do sleep 0.1; done' &
            until [ -e /tmp/stubborn ]; do sleep 0.1; done
            """,
        Jump = """
            baton exec >/dev/full 2>/dev/full &
            leaver=$!
            until [ -e /tmp/told ]; do sleep 0.1; done
            for signal in HUP INT QUIT TERM TSTP; do kill -$signal $leaver; done
            wait $leaver
            """,
    }.Run();

    /// <summary>Its processes would be ended, and reboot(2) would not jump.</summary>
    [Fact]
    public void In_a_container_nothing_is_ended()
    {
        ScenarioResult result = new Handover
        {
            Between = """
                try contained unshare -p -f --mount-proc sh -c 'sleep 1000 & baton exec; status=$?; kill -0 $! && exit $status'
                """,
        }.Run();
        TriedCommand contained = result.Frames.Tried("contained");
        Assert.Equal(77, contained.Status);
        Assert.Contains("lives in a container", contained.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_systemd_is_PID_1_it_stops_its_units_and_jumps()
    {
        ScenarioResult result = new Handover { WithSystemd = true, Jump = "baton exec" }.Run();
        string console = string.Join('\n', result.Console);
        Assert.Contains("baton: systemd is PID 1", console, StringComparison.Ordinal);
        Assert.Contains("guest: the daemon says goodbye", console, StringComparison.Ordinal);
        Assert.Contains("systemd-shutdown[1]: Sending SIGTERM", console, StringComparison.Ordinal);
    }

    [Fact]
    public void With_nothing_loaded_nothing_is_ended()
    {
        ScenarioResult result = new Scenario
        {
            Initramfs = Guests.With("""
                sleep 1000 &
                try exec /baton exec
                try alive kill -0 $!
                try status /baton status
                """).AddHostFile("baton", Repository.Binary),
        }.Run();
        TriedCommand exec = result.Frames.Tried("exec");
        Assert.Equal((69, "baton: no kernel is loaded; \"baton load\" first"), (exec.Status, exec.Error));
        Assert.Equal(0, result.Frames.Tried("alive").Status);
        Assert.Equal(1, result.Frames.Tried("status").Status);
    }

    [Fact]
    public void What_was_loaded_can_be_unloaded()
    {
        ScenarioResult result = new Handover
        {
            Initrds = 0,
            Between = """
                try status baton status
                try unload baton unload
                cat /sys/kernel/kexec_loaded >/tmp/unloaded
                send unloaded /tmp/unloaded
                """,
            Jump = "try exec baton exec --now",
        }.Run();
        Assert.Equal(0, result.Frames.Tried("status").Status);
        Assert.Contains("/next/vmlinuz", result.Frames.Tried("status").Output, StringComparison.Ordinal);
        Assert.Equal(0, result.Frames.Tried("unload").Status);
        Assert.Equal("0", result.Frames.Text("unloaded"));
        Assert.Equal(69, result.Frames.Tried("exec").Status);
    }
}
