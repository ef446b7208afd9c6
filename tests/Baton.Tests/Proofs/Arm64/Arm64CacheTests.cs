using Baton.Memory;
using Baton.Proofs.Arm64;

namespace Baton.Tests.Proofs.Arm64;

/// <summary>What a program can get wrong with caches, and that doing it right is accepted.</summary>
public sealed class Arm64CacheTests
{
    private const ulong Sctlr = 0x30d0_1805;
    private const ulong SctlrOff = 0x30d0_0800;
    private const ulong Tables = 0x4010_0000;

    private static readonly PhysicalRange Line = new(new PhysicalAddress(Arm64Machine.Data), 64);

    [Fact]
    public void A_line_that_is_not_cleaned_is_not_read_with_the_mmu_off()
    {
        Arm64Machine machine = Cached("str x0, [x1]\nmsr SCTLR_EL1, x2\nisb\nldr x3, [x1]");
        Arm64FaultException fault = machine.RunToFault();
        Assert.Equal(("stale data", Arm64Machine.Code + 12), (fault.Kind, fault.ProgramCounter));
        Assert.Contains(
            "line 0x40003000 is dirty and was not cleaned to the point of coherency before it is read with the MMU off",
            fault.Message, StringComparison.Ordinal);
        Assert.Equal($"{Line}", $"{machine.Processor.Caches.NotClean(Line)}");
    }

    [Theory]
    [InlineData("dc cvac, x1", true)]
    [InlineData("dc civac, x1", true)]
    [InlineData("dc cvau, x1", false)]
    [InlineData("nop", false)]
    public void Cleaning_to_the_point_of_coherency_helps(string maintenance, bool helps)
    {
        Arm64Machine machine = Cached($"str x0, [x1]\n{maintenance}\ndsb sy\nmsr SCTLR_EL1, x2\nisb\nldr x3, [x1]\nbrk #1");
        machine.Processor[0] = 5;
        Assert.Equal(helps ? "BRK" : "stale data", machine.RunToFault().Kind);
        Assert.Equal(helps ? 5UL : 0, machine.Processor[3]);
        Assert.Equal(helps, machine.Processor.Caches.NotClean(Line).Count == 0);
    }

    [Fact]
    public void Cleaning_is_complete_after_dsb() =>
        Assert.Equal("stale data", Cached(
            "str x0, [x1]\ndc cvac, x1\nmsr SCTLR_EL1, x2\nisb\nldr x3, [x1]").RunToFault().Kind);

    [Fact]
    public void A_write_after_cleaning_makes_the_line_dirty_again() =>
        Assert.Equal("stale data", Cached(
            "str x0, [x1]\ndc cvac, x1\nstr x0, [x1]\ndsb sy\nmsr SCTLR_EL1, x2\nisb\nldr x3, [x1]").RunToFault().Kind);

    [Theory]
    [InlineData("dc ivac, x1", true)]
    [InlineData("dc civac, x1", true)]
    [InlineData("dc cvac, x1", false)]
    public void What_was_written_around_the_cache_is_invalidated_before_it_is_read_through_it(string maintenance, bool helps)
    {
        Arm64Machine machine = Cached($"str x0, [x1]\n{maintenance}\ndsb sy\nmsr SCTLR_EL1, x2\nisb\nldr x3, [x1]\nbrk #1");
        machine.Processor.WriteSystemRegister(Arm64SystemRegister.SctlrEl1, SctlrOff);
        machine.Processor[2] = Sctlr;
        Assert.Equal(helps ? "BRK" : "stale data", machine.RunToFault().Kind);
    }

    [Fact]
    public void Invalidating_a_dirty_line_loses_it() =>
        Assert.Contains(
            "throws away line 0x40003000", Cached("str x0, [x1]\ndc ivac, x1").RunToFault().Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("dc cvau, x1\ndsb ish\nic ivau, x1\ndsb ish\nisb", true)]
    [InlineData("dc cvau, x1\ndsb ish\nic ialluis\ndsb ish\nisb", true)]
    [InlineData("dc cvau, x1\ndsb ish\nic ivau, x1\ndsb ish\nnop", false)]
    [InlineData("dc cvau, x1\ndsb ish\nic ivau, x1\nnop\nisb", false)]
    [InlineData("dc cvau, x1\nnop\nic ivau, x1\ndsb ish\nisb", false)]
    [InlineData("nop\nnop\nic ivau, x1\ndsb ish\nisb", false)]
    [InlineData("dc cvau, x1\ndsb ish\nnop\nnop\nisb", false)]
    public void Code_that_was_written_is_fetched_after_the_whole_sequence_alone(string maintenance, bool helps)
    {
        Arm64Machine machine = Cached($"str w0, [x1]\n{maintenance}\nbr x1");
        machine.Processor[0] = LlvmMc.Words(["brk #1"])[0];
        Assert.Equal(helps ? "BRK" : "stale instruction", machine.RunToFault().Kind);
        Assert.Equal(helps, machine.Processor.Caches.StaleInstructions(Line).Count == 0);
    }

    [Fact]
    public void With_the_instruction_cache_off_code_is_fetched_from_the_point_of_coherency()
    {
        Arm64Machine machine = Cached("br x1").Program("nop", Arm64Machine.Data);
        machine.Processor.Caches.MarkDirty(Line);
        machine.Processor.WriteSystemRegister(Arm64SystemRegister.SctlrEl1, SctlrOff);
        Arm64FaultException fault = machine.RunToFault();
        Assert.Equal("stale instruction", fault.Kind);
        Assert.Contains("instruction cache off", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_walk_does_not_read_dirty_tables_around_the_cache()
    {
        Arm64Machine machine = Cached("nop");
        machine.Processor.Caches.MarkDirty(new PhysicalRange(new PhysicalAddress(Tables), 64));
        machine.Run(1);
        machine.Processor.WriteSystemRegister(Arm64SystemRegister.TcrEl1, 25 | (2UL << 32));
        Assert.Contains("walk reads the descriptor", machine.RunToFault().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loop_over_sets_and_ways_cleans_everything()
    {
        // The flush of a boot loader: all sets (bits 13 to 6) of all ways (bits 31 and 30) of the first level.
        Arm64Machine machine = Cached("""
            str x0, [x1]
            movz x5, #0
            movz x6, #0
            orr x7, x5, x6
            dc cisw, x7
            add x6, x6, #64
            cmp x6, #4, lsl #12
            b.ne #-16
            add x5, x5, x8
            cmp x5, x9
            b.ne #-32
            dsb sy
            brk #1
            """);
        machine.Processor[8] = 1UL << 30;
        machine.Processor[9] = 1UL << 32;
        Assert.Equal("BRK", machine.RunToFault().Kind);
        Assert.Empty(machine.Processor.Caches.NotClean(Line));
    }

    [Fact]
    public void Lines_of_a_range_are_joined()
    {
        CacheModel caches = new();
        caches.MarkDirty(new PhysicalRange(new PhysicalAddress(0x1fe0), 0x60));
        PhysicalRange all = new(new PhysicalAddress(0), 1UL << 40);
        Assert.Equal("[0x1fc0, 0x2040)", $"{caches.NotClean(all)}");
        Assert.Equal("[0x2000, 0x2040)", $"{caches.NotClean(new PhysicalRange(new PhysicalAddress(0x2010), 4))}");
    }

    /// <summary>EL1 with the MMU and the caches on, RAM one to one; x1 is data, x2 an SCTLR with everything off.</summary>
    private static Arm64Machine Cached(string program)
    {
        Arm64Machine machine = new(1);
        machine.Set(Tables + 8, 0x4000_0401).Program(program);
        Arm64Processor processor = machine.Processor;
        processor.WriteSystemRegister(Arm64SystemRegister.MairEl1, 0xff);
        processor.WriteSystemRegister(Arm64SystemRegister.TcrEl1, 25 | (0x35UL << 8) | (2UL << 32));
        processor.WriteSystemRegister(Arm64SystemRegister.Ttbr0El1, Tables);
        processor.WriteSystemRegister(Arm64SystemRegister.SctlrEl1, Sctlr);
        processor[1] = Arm64Machine.Data;
        processor[2] = SctlrOff;
        return machine;
    }
}
