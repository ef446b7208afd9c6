using Baton.Cli.Walks;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;
using Baton.Proofs.Walks;
using Baton.Reports.Walks;
using Baton.Tests.Proofs.Arm64;

namespace Baton.Tests.Proofs.Walks;

/// <summary>The panes of a walk through an arm64 machine, to the letter.</summary>
public sealed class Arm64PanesTests
{
    private readonly Arm64Panes _panes = new();

    [Fact]
    public void Code_shows_the_way_the_next_instruction_and_what_follows()
    {
        WalkSession session = Walks.ThroughArm64("b #8; nop; msr sctlr_el2, x0; isb");
        session.Step();
        Assert.Equal(
            """
              40001000    14000002  b 0x40001008
            > 40001008    d51c1000  msr SCTLR_EL2, x0
              4000100c    d5033fdf  isb
            """,
            _panes.Code(session, 3, 1).Text());
        Assert.Equal("msr SCTLR_EL2, x0", _panes.NextInstruction(session));
        Assert.Equal(
            "  40001002  is no multiple of 4: no address of an instruction", _panes.Listing(session, 0x4000_1002, 1).Text());
        Assert.Equal("  00009000  no code: no memory is there", _panes.Listing(session, 0x9000, 1).Text());
        Assert.Equal(
            "  80001000  cannot be executed: the level 1 descriptor 0x0 is invalid",
            _panes.Listing(Mapped(), 0x8000_1000, 1).Text());
        Assert.Null(_panes.Descriptors(session));
    }

    [Fact]
    public void Registers_mark_what_has_changed()
    {
        WalkSession session = Walks.ThroughArm64("mov x22, #-1; adds x1, x22, #1; msr daifclr, #2");
        session.Step(3);
        string[] lines = _panes.Registers(session).Text().Split('\n');
        Assert.Equal(11, lines.Length);
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 79));
        Assert.Equal(" X0  0000000000000000 X11 0000000000000000*X22 ffffffffffffffff EL2", lines[0]);
        Assert.EndsWith("*NZCV -ZC-", lines[2], StringComparison.Ordinal);
        Assert.EndsWith("*DAIF DA-F", lines[3], StringComparison.Ordinal);
        Assert.EndsWith(" SCTLR_EL2", lines[7], StringComparison.Ordinal);
        Assert.EndsWith(" 31:0  30c50830", lines[9], StringComparison.Ordinal);
        Assert.EndsWith("*PC  000000004000100c", lines[10], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Garbage_in_every_register_is_shown_whole_in_79_columns(int level)
    {
        WalkSession session = Walks.AcrossArm64(level);
        ulong control = ((Arm64WalkMachine)session.Machine).Processor.ReadSystemRegister(
            level == 2 ? Arm64SystemRegister.SctlrEl2 : Arm64SystemRegister.SctlrEl1);
        string[] lines = _panes.Registers(session).Text().Split('\n');
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 79));
        Assert.EndsWith($" SCTLR_EL{level}", lines[7], StringComparison.Ordinal);
        Assert.EndsWith($" 63:32 {control >> 32:x8}", lines[8], StringComparison.Ordinal);
        Assert.EndsWith($" 31:0  {control & uint.MaxValue:x8}", lines[9], StringComparison.Ordinal);
    }

    [Fact]
    public void A_translation_names_each_descriptor()
    {
        Assert.Equal(
            """
              TTBR0_EL2 = 0x40005000, 39 bits of address
              level 1: [0x40005008] = 0x40000401, a block at 0x40000000
            0x40001000 is 0x40001000
            """,
            _panes.PageWalk(Mapped(), 0x4000_1000).Text());
        Assert.Equal(
            """
              TTBR0_EL2 = 0x40005000, 39 bits of address
              level 1: [0x40005010] = 0x0, invalid
            0x80001000 is not mapped: the level 1 descriptor 0x0 is invalid
            """,
            _panes.PageWalk(Mapped(), 0x8000_1000).Text());
        Assert.Equal(
            """
              the MMU is off: physical 0x40001000
            0x40001000 is 0x40001000
            """,
            _panes.PageWalk(Off(), 0x4000_1000).Text());
    }

    [Fact]
    public void System_registers_are_those_of_the_level_with_their_bits()
    {
        string[] lines = _panes.SystemRegisters(Mapped()).Text().Split('\n');
        Assert.Equal("EL2 with SP_EL2, flags ----, masked DAIF", lines[0]);
        Assert.Equal("  SCTLR_EL2  0000000030c50831  set: M; clear: A C SA I WXN EE", lines[1]);
        Assert.Equal("  TCR_EL2    0000000000000019  T0SZ 25: 39 bits of address", lines[3]);
        lines = _panes.SystemRegisters(Walks.ThroughArm64("nop", level: 1)).Text().Split('\n');
        Assert.Equal("EL1 with SP_EL1, flags ----, masked DAIF", lines[0]);
        Assert.StartsWith("  SCTLR_EL1 ", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Cache_lines_tell_what_they_hide()
    {
        WalkSession session = Off();
        CacheModel caches = ((Arm64WalkMachine)session.Machine).Processor.Caches;
        caches.MarkDirty(new PhysicalRange(new PhysicalAddress(0x4000_2000), 0x81));
        caches.MarkInstructionsStale(new PhysicalRange(new PhysicalAddress(0x4000_8000), 1));
        Assert.Equal(
            """
            data cache off, instruction cache off, lines of 64 bytes
            dirty: 3 lines, not cleaned to the point of coherency: memory may be older
              [0x40002000, 0x400020c0)
            behind: none
            stale code: 4 lines, the instruction cache may be older
              [0x40002000, 0x400020c0)
              [0x40008000, 0x40008040)
            """,
            _panes.Caches(session, null).Text());
        Assert.Equal(
            "line [0x40008000, 0x40008040): stale code, the instruction cache may be older",
            _panes.Caches(session, 0x4000_803f).Text());
        Assert.Equal(
            "line [0x40008040, 0x40008080): the same in the caches as in memory", _panes.Caches(session, 0x4000_8040).Text());
    }

    [Fact]
    public void A_screen_of_80_columns_and_24_rows_has_room_for_all()
    {
        WalkScreen screen = new(new WalkInterpreter(Walks.AcrossArm64(), _panes), 80, 24);
        IReadOnlyList<PaneLine> lines = screen.Render();
        Assert.Equal(23, lines.Count);
        Assert.All(lines, line => Assert.Equal(79, line.Pieces.Sum(piece => piece.Text.Length)));
        Assert.Contains(lines, line => line.ToString().StartsWith("> ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.ToString().StartsWith("-- memory at pc", StringComparison.Ordinal));
    }

    private static WalkSession Off() => Walks.ThroughArm64("nop");

    /// <summary>One block of 1 GiB, mapped where it is, in 39 bits of address at EL2; the caches are off.</summary>
    private static WalkSession Mapped() => new(
        () =>
        {
            const ulong table = 0x4000_5000;
            Arm64Machine machine = new();
            machine.Set(table + 8, 0x4000_0401).Word(0xd503_201f);
            Arm64Processor processor = machine.Processor;
            processor.WriteSystemRegister(Arm64SystemRegister.TcrEl2, 25);
            processor.WriteSystemRegister(Arm64SystemRegister.Ttbr0El2, table);
            processor.WriteSystemRegister(
                Arm64SystemRegister.SctlrEl2, processor.ReadSystemRegister(Arm64SystemRegister.SctlrEl2) | 1);
            machine.Memory.Log = new WriteLog(processor);
            return new Arm64WalkMachine(processor);
        },
        null);
}
