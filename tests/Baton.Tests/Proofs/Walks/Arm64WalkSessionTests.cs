using Baton.Handoffs;
using Baton.Proofs;
using Baton.Proofs.Arm64;
using Baton.Proofs.Walks;
using Baton.Protocols;
using Baton.Protocols.FreeBsd;
using Baton.Tests.Proofs.Arm64;
using Baton.Tests.Protocols.FreeBsd;

namespace Baton.Tests.Proofs.Walks;

public sealed class Arm64WalkSessionTests
{
    private const ulong Code = Arm64Machine.Code;

    [Fact]
    public void A_step_says_which_registers_have_changed_since_the_last_stop()
    {
        WalkSession session = Walks.ThroughArm64("mov x0, #5; adds x1, x1, x0; msr vbar_el2, x0; nop; nop");
        Assert.Equal(new WalkStop(WalkStopReason.Steps, 0, 3), session.Step(3));
        Assert.Equal(["X0", "X1", "PC", "VBAR_EL2"], session.Changes.Select(change => change.Name));
        Assert.Equal(new RegisterChange("X1", "0x0", "0x5"), session.Changes[1]);
        session.Step();
        Assert.Equal(["PC"], session.Changes.Select(change => change.Name));
        Assert.Equal([Code, Code + 4, Code + 8, Code + 12], session.Trail.Last(9).Select(foot => foot.Address));
    }

    [Theory]
    [InlineData("bl #12; nop; b #0; nop; ret", 3, 1)] // a call with its two instructions
    [InlineData("adr x1, #12; blr x1; nop; nop; ret", 4, 2, 1)]
    [InlineData("mov x0, #3; sub x0, x0, #1; cbnz x0, #-4; nop", 7, 3, 2)] // the loop's rest
    [InlineData("b.al #8; nop; nop", 1, 2)] // forwards: no loop
    public void Over_runs_a_call_or_a_loop_to_the_instruction_behind_it(
        string code, int position, int index, int before = 0)
    {
        WalkSession session = Walks.ThroughArm64(code);
        session.Step((ulong)before);
        Assert.Contains(session.StepOver().Reason, (WalkStopReason[])[WalkStopReason.Address, WalkStopReason.Steps]);
        Assert.Equal(((ulong)position, Code + (ulong)(4 * index)), (session.Position, session.ProgramCounter));
    }

    [Fact]
    public void Mode_stops_where_memory_is_seen_in_another_way()
    {
        WalkSession session = Walks.ThroughArm64("mrs x0, sctlr_el2; orr x0, x0, #0x1000; msr sctlr_el2, x0; isb; nop");
        string before = session.Machine.Describe(session.Machine.Mode);
        Assert.Equal(new WalkStop(WalkStopReason.Mode, 0, 3), session.RunToModeChange());
        Assert.Equal("EL2, MMU off, caches off", before);
        Assert.Equal(
            "EL2, MMU off, data cache off, instruction cache on", session.Machine.Describe(session.Machine.Mode));
        Assert.Equal(Code + 8, Assert.Single(session.ModeChanges).Address);
        session.Back(1);
        Assert.Empty(session.ModeChanges);
    }

    [Fact]
    public void A_crossing_is_walked_to_the_kernel_and_back_the_same_way()
    {
        foreach (int level in (int[])[1, 2])
        {
            WalkSession session = Walks.AcrossArm64(level);
            Arm64WalkMachine machine = (Arm64WalkMachine)session.Machine;
            Assert.Equal(level, machine.Processor.ExceptionLevel);
            string start = Text(session);
            Assert.Equal(new WalkStop(WalkStopReason.Entry, 0, 6), session.RunToEntry());
            ulong tree = ((Arm64WalkMachine)session.Machine).Processor[0];
            Assert.Equal(PlaceNames.StartOf(session.Machine.Processor.Memory, "dtb")?.Value, tree);
            session.Back(ulong.MaxValue);
            Assert.Equal(start, Text(session));
        }
    }

    [Fact]
    public void A_crossing_that_writes_is_walked_back_through_its_writes()
    {
        FreeBsdRequest request = TestRequests.OfArm64(FreeBsdArm64PlannerTests.Machine(isUefi: true));
        Handoff handoff = FreeBsdArm64Planner.Plan(request);
        Arm64ProofMachine where = ProofMachines.Arm64(request.Machine);
        WalkSession session = new(
            () => new Arm64WalkMachine(Arm64KexecMachine.Create(handoff, where, 2, new Garbage(1)).Processor),
            handoff.KernelEntry.Value);
        Assert.Equal(WalkStopReason.Entry, session.RunToEntry().Reason);
        string there = Text(session);
        int writes = Writes(session);
        Assert.True(writes > 1, $"{writes} writes");
        session.Back(session.Position / 2);
        Assert.InRange(Writes(session), 0, writes - 1);
        session.RunToEntry();
        Assert.Equal((there, writes), (Text(session), Writes(session)));

        static int Writes(WalkSession session) => session.Machine.Processor.Memory.Log!.Records.Count;
    }

    [Fact]
    public void A_fault_leaves_the_walk_before_the_instruction_and_tells_what_the_cache_hides()
    {
        WalkSession session = Walks.AcrossArm64();
        session.Step(6);
        WalkStop stop = session.Step(100);
        Assert.Equal(WalkStopReason.Fault, stop.Reason);
        Assert.Equal(session.Position, stop.To);

        session = Walks.ThroughArm64("movz x1, #0x4000, lsl #16; mov x2, #0x9000; ldr x0, [x2]");
        Assert.Equal("outside memory", session.Step(3).Fault!.Kind);
        Assert.Equal(2UL, session.Position);
    }

    [Theory]
    [InlineData("pc", Code)]
    [InlineData("X1", 0x1_2345_6789UL)]
    [InlineData("w1", 0x2345_6789UL)]
    [InlineData("sp", 0UL)]
    [InlineData("lr", 0UL)]
    [InlineData("x30", 0UL)]
    [InlineData("sctlr_el2", 0x30c5_0830UL)]
    [InlineData("x31", null)]
    [InlineData("rip", null)]
    [InlineData("40", null)]
    public void Registers_are_addresses_by_name(string name, ulong? value)
    {
        WalkSession session = Walks.ThroughArm64("nop");
        ((Arm64WalkMachine)session.Machine).Processor[1] = 0x1_2345_6789;
        Assert.Equal(value, session.Machine.AddressIn(name));
    }

    private static string Text(WalkSession session) => string.Join('\n', session.Machine.Registers);
}
