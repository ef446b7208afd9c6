using System.Runtime.InteropServices;
using Baton.Linux;
using Baton.Linux.Files;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Tests.Linux;

/// <summary>The machine that the tests run on, whatever it is: what holds on every Linux.</summary>
public sealed class LiveMachineTests
{
    [Fact]
    public void Reads_this_machine()
    {
        Machine machine = LiveMachine.Read();

        Assert.Equal("/", machine.Source);
        Assert.True(machine.Totals.Total >= machine.Totals.Free);
        Assert.NotEmpty(machine.Kernel.Release);
        Assert.NotEmpty(machine.Kexec.KexecLoad.Reasons);
        Assert.True(machine.Usable.Count > 0 || machine.Findings.Any(f => f.Id == MachineReader.NoRunningMemory));
        Baton.Tests.Machines.Trees.Touch(machine);
    }

    /// <summary>The one file that is made of the processor's word: in the running system alone, not in a directory.</summary>
    [Fact]
    public void The_processor_is_asked_about_SEV()
    {
        SystemFileTree root = new("/");
        bool isX86 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        Assert.Equal(isX86, root.Read(RecordPaths.Sev).IsPresent);
        Assert.Equal(isX86, SevAnswer.Read(root) is not null);
        Assert.False(new SystemFileTree("/proc").Read(RecordPaths.Sev).IsPresent);
    }

    [Fact]
    public void The_probe_loads_nothing()
    {
        KexecProbeResult? answer = KexecProbe.Run();

        Assert.NotNull(answer);
        Assert.Contains(answer.KexecLoadErrno, (int[])[1, 13, 22, 38]);
        Assert.Contains(answer.KexecFileLoadErrno, (int[])[1, 9, 13, 16, 22, 38]);
    }

    [Fact]
    public void Free_pages_are_within_the_memory_asked_for()
    {
        Machine machine = LiveMachine.Read();
        if (machine.FreePages is not { } free)
        {
            Assert.Null(FreePagesReader.Read(machine.Usable));
            return;
        }

        PhysicalRange all = PhysicalRange.Between(PhysicalAddress.Zero, machine.Usable[^1].End);
        Assert.InRange(free.FreeBytesOf(all), 1, machine.Usable.Length);
        Assert.True(ulong.IsPow2(free.BlockSize));
    }

    [Fact]
    public void No_memory_has_no_free_pages() => Assert.Null(FreePagesReader.Read(RangeSet.Empty));
}
