using System.Globalization;
using Baton.Lab;

namespace Baton.EndToEnd;

/// <summary>The static binary as the only file of an initramfs.</summary>
public sealed class InitProcessTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public void The_command_stands_behind_the_dashes_of_the_command_line()
    {
        using RunningMachine machine = Start("panic=-1 strange words -- witness");
        machine.Console.WaitFor("baton: init: witness", Limit);
        machine.Console.WaitFor("command line  console=ttyS0 quiet panic=-1 strange words -- witness", Limit);
        machine.Console.WaitFor("userspace reached", Limit);
        machine.WaitForEnd(Limit);
        Assert.DoesNotContain(machine.Console.Lines, line => line.Text.Contains("panic -", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("exec --now", 69)]
    [InlineData("load /absent", 66)]
    [InlineData("nonsense", 64)]
    [InlineData("", 64)]
    public void A_failure_is_told_and_the_kernel_decides_what_comes_then(string command, int status)
    {
        using RunningMachine machine = Start($"panic=-1 -- {command}");
        machine.Console.WaitFor("baton: ", Limit);
        if (command.Length > 0)
        {
            machine.Console.WaitFor($"failed with exit status {status}", Limit);
        }

        // The kernel prints the wait status: the exit status in its second byte.
        string exitCode = (status << 8).ToString("x8", CultureInfo.InvariantCulture);
        machine.Console.WaitFor($"Attempted to kill init! exitcode=0x{exitCode}", Limit);
        machine.WaitForEnd(Limit);
    }

    private static RunningMachine Start(string commandLine) => new VirtualMachine
    {
        Kernel = DebianKernel.Cloud.Image,
        Initramfs = new Initramfs().AddHostFile("init", Repository.Binary),
        CommandLine = $"console=ttyS0 quiet {commandLine}",
        MemoryMiB = 512,
    }.Start(Limit);
}
