using Baton.Memory;
using Baton.Proofs.Walks;
using Baton.Proofs.X64;

namespace Baton.Tests.Proofs.Walks;

public sealed class WalkSessionTests
{
    private const ulong Code = X64.SimulatedMachine.Code;

    [Fact]
    public void A_step_says_which_registers_have_changed_since_the_last_stop()
    {
        WalkSession session = Walks.Through("b805000000 bb06000000 90 90"); // mov eax, 5; mov ebx, 6; nop; nop
        Assert.Equal(new WalkStop(WalkStopReason.Steps, 0, 2), session.Step(2));
        Assert.Equal(["RAX", "RBX", "RIP"], session.Changes.Select(change => change.Name));
        Assert.Equal(new RegisterChange("RBX", "0x0", "0x6"), session.Changes[1]);
        session.Step();
        Assert.Equal(["RIP"], session.Changes.Select(change => change.Name));
        Assert.Equal([Code, Code + 5, Code + 10], session.Trail.Last(9).Select(foot => foot.Address));
    }

    [Theory]
    [InlineData("e806000000 90 ebfe 909090 50 58 c3", 5, 4)] // call +11 (push rax; pop rax; ret): with its four instructions
    [InlineData("e2fe 90", 2, 65536)] // loop to itself, by RCX
    [InlineData("ffc9 75fc 90", 2, 1)] // dec ecx is one instruction
    [InlineData("f3a4 90", 2, 1)] // rep movsb is one instruction
    [InlineData("7402 90 90 90", 2, 1)] // a jump forwards is one instruction, taken or not
    public void Over_ends_behind_what_comes_back(string code, int distance, ulong instructions)
    {
        WalkSession session = new(
            () =>
            {
                X64Processor processor = X64.SimulatedMachine.LongMode(X64.SimulatedMachine.Hex(code));
                processor[X64Register.Rcx] = 65536;
                processor[X64Register.Rsi] = 0x10_0000;
                processor[X64Register.Rdi] = 0x20_0000;
                return new X64WalkMachine(processor);
            },
            null);
        session.StepOver();
        Assert.Equal((Code + (ulong)distance, instructions), (session.ProgramCounter, session.Position));
    }

    [Fact]
    public void Over_a_call_that_calls_itself_waits_for_the_outer_one()
    {
        // 8000: call 8007; 8005: jmp $; 8007: dec ecx; js 8012; call 8007 (comes back to 8010); 8010: nop; nop; 8012: ret
        WalkSession session = Walks.Through("e802000000 ebfe ffc9 7807 e8f7ffffff 9090 c3");
        session.StepOver();
        Assert.Equal(Code + 5, session.ProgramCounter);
    }

    [Fact]
    public void Over_the_jump_at_the_end_of_a_loop_runs_the_loop()
    {
        WalkSession session = Walks.Through("b903000000 ffc9 75fc 90"); // mov ecx, 3; dec ecx; jnz -2; nop
        session.Step(2);
        session.StepOver();
        Assert.Equal((Code + 9, 7UL), (session.ProgramCounter, session.Position));
    }

    [Fact]
    public void Back_gives_every_state_of_the_way_again()
    {
        WalkSession session = Walks.Across(kernelTakes5Level: false);
        List<(X64State State, int Writes)> way = [(session.State(), 0)];
        while (session.Stop.Reason != WalkStopReason.Entry)
        {
            session.Step();
            way.Add((session.State(), session.Machine.Processor.Memory.Log!.Records.Count));
        }

        Assert.True(way.Count > 30, $"{way.Count} states");
        int place = way.Count - 1;
        foreach (ulong count in (ulong[])[1, 1, 2, 9, 1, 16, 3, 1000])
        {
            place = Math.Max(0, place - (int)count);
            session.Back(count);
            Assert.Equal((ulong)place, session.Position);
            Assert.Empty(way[place].State.Differences(session.State()));
            Assert.Equal(way[place].Writes, session.Machine.Processor.Memory.Log!.Records.Count);
            Assert.All(session.ModeChanges, change => Assert.True(change.Position <= session.Position));
        }

        session.RunToEntry();
        Assert.Empty(way[^1].State.Differences(session.State()));
    }

    [Fact]
    public void Back_over_a_million_instructions_comes_to_the_one_before()
    {
        WalkSession session = Walks.Through("b980841e00 48ffc0 ffc9 75f9 90"); // 2,000,000 times inc rax; dec ecx; jnz
        session.RunTo(Code + 12);
        Assert.Equal(6_000_001UL, session.Position);
        session.Back();
        Assert.Equal((Code + 10, 6_000_000UL), (session.ProgramCounter, session.Position));
        Assert.Equal(2_000_000UL, session.State()[X64Register.Rax]);
        Assert.Equal(Code + 8, session.Trail.Last(1)[0].Address);
    }

    [Fact]
    public void A_kernel_without_5_level_paging_is_reached_through_four_changes_of_mode()
    {
        WalkSession session = Walks.Across(kernelTakes5Level: false);
        List<string> modes = [session.Machine.Describe(session.Machine.Mode)];
        while (session.RunToModeChange().Reason == WalkStopReason.Mode)
        {
            modes.Add(session.Machine.Describe(session.Machine.Mode));
        }

        Assert.Equal(WalkStopReason.Entry, session.Stop.Reason);
        Assert.Equal(
        [
            "long mode, 5-level paging, CPL 0",
            "compatibility mode, 5-level paging, CPL 0",
            "protected mode, paging off, CPL 0",
            "compatibility mode, 4-level paging, CPL 0",
            "long mode, 4-level paging, CPL 0",
        ], modes);
        Assert.Equal(modes[1..], session.ModeChanges.Select(change => session.Machine.Describe(change.After)));
    }

    [Fact]
    public void A_kernel_with_5_level_paging_is_reached_in_one_mode()
    {
        WalkSession session = Walks.Across(kernelTakes5Level: true);
        Assert.Equal(WalkStopReason.Entry, session.RunToModeChange().Reason);
        Assert.Equal(session.Entry, session.ProgramCounter);
        Assert.Empty(session.ModeChanges);
        ulong there = session.Position;
        Assert.Equal(new WalkStop(WalkStopReason.Entry, there, there), session.RunToEntry());
    }

    [Fact]
    public void A_fault_leaves_the_walk_before_the_instruction_and_memory_as_it_was()
    {
        // mov edi, 0xfffff0; mov ecx, 32; mov al, 0x55; rep stosb: the second half is outside of memory
        WalkSession session = Walks.Through("bff0ffff00 b920000000 b055 f3aa");
        session.Step(3);
        X64State before = session.State();
        WalkStop stop = session.Step(5);
        Assert.Equal((WalkStopReason.Fault, 3UL, 3UL), (stop.Reason, stop.From, stop.To));
        Assert.Equal("outside memory", stop.Fault!.Kind);
        Assert.Empty(before.Differences(session.State()));
        Assert.Equal((byte)0, session.Machine.Processor.Memory.Peek(0xFF_FFF0));
        Assert.Null(session.Machine.Processor.Memory.Log!.LastWriter(new PhysicalAddress(0xFF_FFF0)));
        Assert.Equal(WalkStopReason.Fault, session.Step().Reason);
    }

    [Fact]
    public void A_run_gives_up_at_the_limit()
    {
        WalkSession session = Walks.Through("ebfe", limit: 100); // jmp $
        Assert.Equal(new WalkStop(WalkStopReason.Limit, 0, 100), session.RunTo(0x9000));
        Assert.Equal(new WalkStop(WalkStopReason.Limit, 100, 200), session.Step(101));
        Assert.Equal(new WalkStop(WalkStopReason.Address, 200, 201), session.RunTo(Code));
    }

    [Fact]
    public void Every_run_stops_at_the_entry_and_goes_on_from_there()
    {
        WalkSession session = Walks.Through("90 90 90 90", entry: Code + 2);
        Assert.Equal(WalkStopReason.Entry, session.Step(4).Reason);
        Assert.Equal(2UL, session.Position);
        Assert.Equal(new WalkStop(WalkStopReason.Steps, 2, 4), session.Step(2));
    }

    [Fact]
    public void A_run_to_the_entry_from_the_entry_changes_nothing()
    {
        WalkSession session = Walks.Through("b805000000 90 90", entry: Code + 5); // mov eax, 5; nop; nop
        session.RunToEntry();
        Assert.Equal(["RAX", "RIP"], session.Changes.Select(change => change.Name));
        session.RunToEntry();
        Assert.Empty(session.Changes);
    }

    [Theory]
    [InlineData("rip", Code)]
    [InlineData("RSP", 0x8000UL)]
    [InlineData("esp", 0x8000UL)]
    [InlineData("cr3", 0x1000UL)]
    [InlineData("r15", 0UL)]
    [InlineData("cs", 0UL)]
    [InlineData("r16", null)]
    [InlineData("e10", null)]
    [InlineData("e15", null)]
    [InlineData("15", null)]
    [InlineData("kernel", null)]
    public void Registers_are_addresses_by_name(string name, ulong? value) =>
        Assert.Equal(value, Walks.Through("90").Machine.AddressIn(name));

    [Fact]
    public void The_lower_half_of_a_register_is_one_whatever_is_above_it()
    {
        WalkSession session = Walks.Through("48b88877665544332211"); // mov rax, imm
        session.Step();
        Assert.Equal(0x5566_7788UL, session.Machine.AddressIn("eax"));
    }
}
