namespace Baton.EndToEnd;

/// <summary>What may befall a gather's list once the kernel has it: its pages move, or its process is killed.</summary>
public sealed class GatherListTests
{
    private const string Program = "at-kexec-load";
    private const string Settings = "/sys/kernel/kexec_loaded /proc/sys/vm/compact_unevictable_allowed";

    /// <summary>
    /// Locked pages follow a process to another NUMA node. Once, and another list is made for where they are then; each time, and
    /// nothing is loaded in the end.
    /// </summary>
    [Fact]
    public void A_list_whose_pages_have_moved_is_made_anew()
    {
        ScenarioResult result = new Handover
        {
            Nodes = 2,
            Initrds = 2,
            CompiledPrograms = [Program],
            Between = $"""
                /baton unload
                cat {Settings} >/tmp/before
                try always /{Program} move 9 {Gather}
                cat {Settings} >/tmp/after
                for name in before after; do send $name /tmp/$name; done
                """,
            Jump = $"/{Program} move 1 {Gather}",
        }.Run();
        TriedCommand always = result.Frames.Tried("always");
        Assert.Equal(71, always.Status);
        Assert.Contains("pages have moved 4 times since they were pinned", always.Error, StringComparison.Ordinal);
        Assert.Equal(3, Count(always.Error, "the list is made anew"));
        Assert.Equal(result.Frames.Text("before"), result.Frames.Text("after"));

        string console = string.Join('\n', result.Console.Select(line => line.Text));
        Assert.Equal(1, Count(console, "baton: pages have moved; the list is made anew"));
    }

    /// <summary>A list without its process leads to what is somebody else's by now: nobody jumps with it.</summary>
    [Fact]
    public void A_list_whose_process_was_killed_is_not_jumped_to()
    {
        ScenarioResult result = new Handover
        {
            Initrds = 2,
            CompiledPrograms = [Program],
            Between = $"""
                /baton unload
                cat {Settings} >/tmp/before
                try killed /{Program} kill 1 {Gather}
                cat /sys/kernel/kexec_loaded >/tmp/behind
                try exec /baton exec --now
                try unload /baton unload
                cat {Settings} >/tmp/after
                for name in before behind after; do send $name /tmp/$name; done
                """,
            Jump = Gather,
        }.Run();
        Assert.Equal(128 + 9, result.Frames.Tried("killed").Status);
        Assert.Equal("1", result.Frames.Text("behind"));
        TriedCommand exec = result.Frames.Tried("exec");
        Assert.Equal(69, exec.Status);
        Assert.Contains("leads nowhere without that process", exec.Error, StringComparison.Ordinal);
        TriedCommand unload = result.Frames.Tried("unload");
        Assert.True(unload.Status == 0, unload.Error);
        Assert.Contains("vm.compact_unevictable_allowed was left at 0 by a gather", unload.Error, StringComparison.Ordinal);
        Assert.Equal(result.Frames.Text("before"), result.Frames.Text("after"));
    }

    private static string Gather => $"/baton run /next/vmlinuz {new Handover { Initrds = 2 }.InitrdOptions} "
        + $"--command-line '{Handover.NextCommandLine}' --carrier gather --pin mlock --now";

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
