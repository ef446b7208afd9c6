using System.Diagnostics;
using Baton.Lab;

namespace Baton.EndToEnd;

/// <summary>The lab when things go wrong: what it says, and that nothing is left behind.</summary>
public sealed class LabTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public void A_timeout_says_what_was_awaited_and_what_was_seen_last()
    {
        using RunningMachine machine = Machine("timeout", "echo 'the last words'; sleep 1000").Start(Limit);
        machine.Console.WaitFor("the last words", Limit);
        LabTimeoutException e = Assert.Throws<LabTimeoutException>(
            () => machine.Console.WaitFor("a miracle", TimeSpan.FromSeconds(0.5)));
        Assert.StartsWith("waited 0.5 s for \"a miracle\"; the console's last lines:\n  | ", e.Message);
        Assert.Equal("the last words", e.LastLines[^1]);
        Assert.InRange(e.LastLines.Count, 2, 20);
    }

    [Fact]
    public void A_machine_that_ends_is_no_timeout()
    {
        using RunningMachine machine = Machine("end", "echo 'the last words'").Start(Limit);
        LabException e = Assert.Throws<LabException>(() => machine.Console.WaitFor("a miracle", Limit));
        Assert.StartsWith("the machine ended while \"a miracle\" was awaited", e.Message);
        Assert.Contains("the last words", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, machine.WaitForEnd(Limit));
    }

    [Fact]
    public void A_machine_of_arm64_has_no_debug_exit()
    {
        VirtualMachine machine = Machine("arm64", "") with { Architecture = Architecture.Arm64, HasDebugExit = true };
        LabException e = Assert.Throws<LabException>(() => machine.Start(Limit));
        Assert.Contains("no debug exit", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_words_of_QEMU_are_in_the_error()
    {
        VirtualMachine impossible = Machine("impossible", "") with { ProcessorModel = "abacus" };
        using RunningMachine machine = impossible.Start(Limit);
        LabException e = Assert.Throws<LabException>(() => machine.WaitForEnd(Limit));
        Assert.Contains("abacus", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_watchdog_stops_a_machine_that_hangs()
    {
        using RunningMachine machine = Machine("hang", "sleep 1000").Start(TimeSpan.FromSeconds(1));
        LabTimeoutException e = Assert.Throws<LabTimeoutException>(() => machine.WaitForEnd(Limit));
        Assert.StartsWith("waited 1 s for the machine to switch itself off", e.Message);
        Assert.True(machine.HasEnded);
    }

    [Fact]
    public void A_guest_can_choose_the_exit_status()
    {
        // 21 octal is 17, and QEMU ends with twice that and one. The cloud kernel has no /dev/port.
        VirtualMachine chosen = Machine("status", """printf '\021' | dd of=/dev/port bs=1 seek=244""") with
        {
            Kernel = DebianKernel.Generic.Image,
            HasDebugExit = true,
        };
        using RunningMachine machine = chosen.Start(Limit);
        Assert.Equal(35, machine.WaitForEnd(Limit));
    }

    [Fact]
    public void Disposal_ends_the_machine_and_removes_its_files()
    {
        string name = $"baton-disposed-{Environment.ProcessId}";
        string[] files;
        using (RunningMachine machine = Machine("disposed", "sleep 1000").Start(Limit))
        {
            machine.Console.WaitFor("guest: userspace", Limit);
            (int _, string commandLine) = Assert.Single(MachinesNamed(name));
            files = [.. commandLine.Split('\0').Where(word => word.EndsWith("/initramfs", StringComparison.Ordinal))];
            Assert.True(File.Exists(Assert.Single(files)));
        }

        Assert.Empty(MachinesNamed(name));
        Assert.False(Directory.Exists(Path.GetDirectoryName(files[0])));
    }

    private static VirtualMachine Machine(string name, string scenario) => new()
    {
        Name = $"baton-{name}-{Environment.ProcessId}",
        Kernel = DebianKernel.Cloud.Image,
        Initramfs = Guests.With(scenario),
        CommandLine = $"{Guests.Line} quiet",
        MemoryMiB = 512,
        HasDataPort = true,
    };

    /// <summary>The QEMU processes with a name, and their command lines.</summary>
    internal static IReadOnlyList<(int Id, string CommandLine)> MachinesNamed(string name)
    {
        List<(int, string)> found = [];
        foreach (Process process in Process.GetProcessesByName(VirtualMachine.Program))
        {
            try
            {
                string commandLine = File.ReadAllText($"/proc/{process.Id}/cmdline");
                if (commandLine.Contains(name, StringComparison.Ordinal))
                {
                    found.Add((process.Id, commandLine));
                }
            }
            catch (IOException)
            {
                // It ended between the list and the look.
            }
        }

        return found;
    }
}
