using Baton.Memory;
using Baton.Proofs.Arm64;

namespace Baton.Tests.Proofs.Arm64;

/// <summary>What a program can get wrong with caches, and that doing it right is accepted.</summary>
public sealed class Arm64CacheTests
{
    private const ulong SctlrOff = 0x30d0_0800;

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

    /// <summary>SSBB and PSSBB are written as a DSB of no domain.</summary>
    [Theory]
    [InlineData("dsb sy", true)]
    [InlineData("dsb ish", true)]
    [InlineData("dsb nsh", true)]
    [InlineData("dsb osh", true)]
    [InlineData("dsb ishst", false)]
    [InlineData("dsb ld", false)]
    [InlineData("ssbb", false)]
    [InlineData("pssbb", false)]
    [InlineData("dmb sy", false)]
    [InlineData("nop", false)]
    public void Cleaning_is_complete_after_a_dsb_of_loads_and_stores(string barrier, bool isComplete) =>
        Assert.Equal(isComplete ? "BRK" : "stale data", Cached(
            $"str x0, [x1]\ndc cvac, x1\n{barrier}\nmsr SCTLR_EL1, x2\nisb\nldr x3, [x1]\nbrk #1").RunToFault().Kind);

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
        machine.Processor[2] = Arm64Machine.SctlrOn;
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

    /// <summary>What it fetched as non-cacheable it may have kept.</summary>
    [Theory]
    [InlineData("dsb sy\nic ivau, x1\ndsb sy\nisb", true)]
    [InlineData("dsb sy\nic iallu\ndsb sy\nisb", true)]
    [InlineData("dsb sy\nnop\ndsb sy\nisb", false)]
    public void With_the_instruction_cache_off_it_is_invalidated_all_the_same(string maintenance, bool helps)
    {
        Arm64Machine machine = new Arm64Machine().Program($"str w0, [x1]\n{maintenance}\nbr x1");
        machine.Processor[0] = LlvmMc.Words(["brk #1"])[0];
        machine.Processor[1] = Arm64Machine.Data;
        Arm64FaultException fault = machine.RunToFault();
        Assert.Equal(helps ? "BRK" : "stale instruction", fault.Kind);
        Assert.Equal(helps, !fault.Message.Contains("(IC IVAU, DSB, ISB)", StringComparison.Ordinal));
    }

    [Fact]
    public void A_walk_does_not_read_dirty_tables_around_the_cache()
    {
        Arm64Machine machine = Cached("nop");
        machine.Processor.Caches.MarkDirty(new PhysicalRange(new PhysicalAddress(Arm64Machine.Tables), 64));
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

    /// <summary>The data is in set 192: all four ways of it, once with a write in between.</summary>
    [Theory]
    [InlineData("nop", true)]
    [InlineData("str x0, [x1]", false)]
    public void A_write_between_the_ways_may_be_in_one_that_is_done(string between, bool isClean)
    {
        Arm64Machine machine = Cached($"""
            str x0, [x1]
            dc csw, x4
            dc csw, x5
            {between}
            dc csw, x6
            dc csw, x7
            dsb sy
            brk #1
            """);
        for (int way = 0; way < 4; way++)
        {
            machine.Processor[4 + way] = ((ulong)way << 30) | (192 << 6);
        }

        Assert.Equal("BRK", machine.RunToFault().Kind);
        Assert.Equal(isClean, machine.Processor.Caches.NotClean(Line).Count == 0);
    }

    [Theory]
    [InlineData(192, "stale data")]
    [InlineData(191, "BRK")]
    public void Invalidating_a_set_loses_what_is_dirty_in_it(int set, string kind)
    {
        Arm64Machine machine = Cached("str x0, [x1]\ndc isw, x4\nbrk #1");
        machine.Processor[4] = (ulong)set << 6;
        Assert.Equal(kind, machine.RunToFault().Kind);
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
        Arm64Machine machine = Arm64Machine.Cached().Program(program);
        machine.Processor[1] = Arm64Machine.Data;
        machine.Processor[2] = SctlrOff;
        return machine;
    }
}
