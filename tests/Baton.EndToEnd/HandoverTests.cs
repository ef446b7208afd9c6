namespace Baton.EndToEnd;

/// <summary>Both system calls, with no, one and two initrds.</summary>
public sealed class HandoverTests
{
    [Theory]
    [InlineData("kexec-load", 1)]
    [InlineData("kexec-load", 2)]
    [InlineData("kexec-file-load", 1)]
    [InlineData("kexec-file-load", 2)]
    public void The_next_kernel_finds_what_was_promised(string carrier, int initrds)
    {
        ScenarioResult result = new Handover { Initrds = initrds, Options = $"--carrier {carrier}" }.Run();
        string loaded = result.Frames.Tried("load").Output;
        Assert.Contains(carrier.Replace('-', '_'), loaded.Replace('-', '_'), StringComparison.Ordinal);
        Assert.Matches(
            carrier == "kexec-load" ? @"(?m)^Proof: (\d+) of \1 clauses hold" : "(?m)^Proof: none, by kexec_file_load", loaded);
    }

    [Theory]
    [InlineData("kexec-load")]
    [InlineData("kexec-file-load")]
    public void Without_an_initrd_the_next_kernel_looks_for_its_root(string carrier)
    {
        ScenarioResult result = new Handover { Initrds = 0, Options = $"--carrier {carrier}" }.Run();
        string[] lines = [.. result.Console.Select(line => line.Text)];
        string banner = "Linux version " + DebianKernel.Generic.Release;
        int next = Array.FindIndex(lines, line => line.Contains(banner, StringComparison.Ordinal));
        Assert.True(next > 0, "the next kernel did not start:\n" + string.Join('\n', lines.TakeLast(30)));
        Assert.Contains(
            lines[next..], line => line.EndsWith("Command line: " + Handover.NextCommandLine, StringComparison.Ordinal));
        Assert.Contains(
            lines[next..], line => line.Contains("Kernel panic - not syncing: VFS", StringComparison.Ordinal));
        Assert.DoesNotContain(lines[next..], line => line.Contains("RAMDISK", StringComparison.Ordinal));
    }
}
