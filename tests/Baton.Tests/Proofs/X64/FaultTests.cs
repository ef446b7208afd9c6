using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Tests.Proofs.X64;

/// <summary>Faults: their kind, their reason, and that the registers are as before the instruction.</summary>
public sealed class FaultTests
{
    private const ulong Unmapped = 0x4000_0000;

    [Theory]
    [InlineData("C7042500000040 01000000", "#PF", 2U)]
    [InlineData("48A10000004000000000", "#PF", 0U)]
    [InlineData("48FF042500000040", "#PF", 2U)]
    [InlineData("FF2500F0FF3F", "#PF", 0U)]
    public void A_page_that_is_not_there(string code, string kind, uint errorCode)
    {
        X64FaultException fault = Throw(SimulatedMachine.LongMode(SimulatedMachine.Hex(code)));
        Assert.Equal(kind, fault.Kind);
        Assert.Equal(errorCode, fault.ErrorCode);
        Assert.Contains("is not present", fault.Message, StringComparison.Ordinal);
        Assert.Contains(fault.Details, line => line.StartsWith("PDPT entry 1 at 0x2008", StringComparison.Ordinal));
    }

    [Fact]
    public void The_reason_names_the_entry()
    {
        X64FaultException fault = Throw(SimulatedMachine.LongMode(SimulatedMachine.Hex("A1000000 4000000000")));
        Assert.Equal("#PF at 0x40000000: PDPT entry 1 at 0x2008 is not present", fault.Message);
        Assert.Equal(Unmapped, fault.LinearAddress);
        Assert.Equal(SimulatedMachine.Code, fault.ProgramCounter);
    }

    [Theory]
    [InlineData("8ED8", 0x20UL, "#GP(0x20): selector 0x20 lies beyond GDTR.limit 0x1f")]
    [InlineData("8ED0", 0UL, "SS cannot be loaded with the null selector 0x0 here")]
    [InlineData("8ED0", 0x08UL, "#GP(0x8): selector 0x8 cannot be a stack")]
    [InlineData("8ED8", 0x18UL, "#NP(0x18): the segment of selector 0x18 is not present")]
    [InlineData("8EC8", 0x10UL, "#UD: no instruction begins with the bytes 8ec8")]
    [InlineData("8ED8", 0x0CUL, "#GP(0xc): selector 0xc is one of the LDT, and there is none")]
    [InlineData("0F00D8", 0x10UL, "#GP(0x10): selector 0x10 is not an available TSS")]
    public void A_segment_that_cannot_be_loaded(string code, ulong selector, string message)
    {
        X64Processor cpu = SimulatedMachine.Protected32(SimulatedMachine.Hex(code));
        cpu.Memory.Write(0x6008, 8, 0x00CF_9B00_0000_FFFF);
        cpu.Memory.Write(0x6010, 8, 0x00CF_9300_0000_FFFF);
        cpu.Memory.Write(0x6018, 8, 0x00CF_1300_0000_FFFF);
        cpu.Gdtr = new TableRegister(0x6000, 0x1F);
        cpu[X64Register.Rax] = selector;
        Assert.Contains(message, Throw(cpu).Message, StringComparison.Ordinal);
    }

    /// <summary>System segments of long mode have 16 bytes; selector 0x20 has a good one.</summary>
    [Theory]
    [InlineData("0F00D8", 0x20, 0x2F, 0x0000_0000UL, null)]
    [InlineData("0F00D8", 0x20, 0x2E, 0x0000_0000UL, "the 16 bytes of selector 0x20 reach beyond GDTR.limit 0x2e")]
    [InlineData("0F00D0", 0x30, 0x37, 0x0000_0000UL, "the 16 bytes of selector 0x30 reach beyond GDTR.limit 0x37")]
    [InlineData("0F00D8", 0x20, 0x2F, 0x0000_0900_0000_0000UL, "has a type, which must be 0")]
    [InlineData("0F00D8", 0x20, 0x2F, 0x0000_8000UL, "the base of selector 0x20 is not canonical")]
    public void A_system_segment_of_long_mode(string code, ulong selector, int limit, ulong high, string? message)
    {
        X64Processor cpu = SimulatedMachine.LongMode(SimulatedMachine.Hex(code));
        cpu.Memory.Write(0x6020, 8, 0x0000_8900_0000_0067);
        cpu.Memory.Write(0x6028, 8, high);
        cpu.Memory.Write(0x6030, 8, 0x0000_8200_0000_0067);
        cpu.Gdtr = new TableRegister(0x6000, (ushort)limit);
        cpu[X64Register.Rax] = selector;
        if (message is null)
        {
            cpu.ExecuteNext();
            Assert.Equal(0x8B, cpu[X64SegmentRegister.Tr].Attributes);
            return;
        }

        X64FaultException fault = Throw(cpu);
        Assert.Equal($"#GP(0x{selector:x})", fault.Kind);
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0UL, null)]
    [InlineData(1UL, "a return to privilege 0 finds the null selector 0x1 for SS")]
    [InlineData(3UL, "a return to privilege 0 finds the null selector 0x3 for SS")]
    public void A_return_takes_a_null_stack_of_its_own_privilege_alone(ulong stack, string? message)
    {
        X64Processor cpu = SimulatedMachine.LongMode(SimulatedMachine.Hex("48CF"));
        cpu.Memory.Write(0x6010, 8, 0x00AF_9B00_0000_FFFF);
        cpu.Gdtr = new TableRegister(0x6000, 0x1F);
        cpu[X64Register.Rsp] = 0x7000;
        ulong[] frame = [0x9000, 0x10, X64Flags.Fixed, 0x7800, stack];
        for (int i = 0; i < frame.Length; i++)
        {
            cpu.Memory.Write(0x7000 + ((ulong)i * 8), 8, frame[i]);
        }

        if (message is null)
        {
            cpu.ExecuteNext();
            Assert.Equal(0x7800UL, cpu[X64Register.Rsp]);
            return;
        }

        Assert.Equal($"#GP(0x0): {message}", Throw(cpu).Message);
    }

    /// <summary>The instruction that is there now ends before the page does; the one before went on in the next.</summary>
    [Fact]
    public void What_a_former_instruction_read_is_not_read_for_another()
    {
        const ulong End = 0x9000;
        X64Processor cpu = SimulatedMachine.Protected32([]);
        cpu.Memory.Set(End - 2, SimulatedMachine.Hex("B811223344"));
        cpu.Rip = End - 2;
        cpu.ExecuteNext();
        cpu.Memory.Set(End - 2, SimulatedMachine.Hex("9090"));
        cpu[X64SegmentRegister.Cs] = SegmentState.Code32(0x10) with { Limit = (uint)End - 1 };
        cpu.Rip = End - 2;
        cpu.ExecuteNext();
        Assert.Equal(End - 1, cpu.Rip);
    }

    [Theory]
    [InlineData("0F0B", "#UD")]
    [InlineData("F001C0", "#UD")]
    [InlineData("CC", "#GP(0x1a)")]
    [InlineData("F7F1", "#DE")]
    [InlineData("0F58C1", "not simulated")]
    [InlineData("666666666666666666666666666666 90", "#GP(0x0)")]
    [InlineData("48B80000000000008000 FF20", "#GP(0x0)")]
    [InlineData("48B80000000000008000 50 C3", "#GP(0x0)")]
    [InlineData("48BC0000000000008000 50", "#SS(0x0)")]
    [InlineData("0F08", "not simulated")]
    [InlineData("E480", "not simulated")]
    [InlineData("E680", "not simulated")]
    [InlineData("6802010000 9D", "not simulated")]
    [InlineData("C4E271E603", "not simulated")]
    [InlineData("660F388203", "#UD")]
    [InlineData("0F20C0 0C08 0F22C0 DBE3", "#NM")]
    [InlineData("0F20C0 0C08 0F22C0 D9D0", "#NM")]
    [InlineData("0F20C0 0C0A 0F22C0 9B", "#NM")]
    [InlineData("B9800000C0 0F32 480FBAF00A 0F30", "not simulated")]
    public void Each_fault_has_its_name(string code, string kind)
    {
        X64Processor cpu = SimulatedMachine.LongMode(SimulatedMachine.Hex(code));
        cpu.Idtr = new TableRegister(0, 0);
        Assert.Equal(kind, Throw(cpu).Kind);
    }

    [Fact]
    public void What_nobody_has_written_cannot_be_read()
    {
        PhysicalMemory memory = new(RangeSet.Of(new PhysicalRange(PhysicalAddress.Zero, 0x100000)));
        memory.Set(SimulatedMachine.Code, SimulatedMachine.Hex("A100600000"));
        memory.Set(0x6000, [1, 2, 3]);
        X64Processor cpu = new(memory) { State = X64State.Protected32(SimulatedMachine.Code) };
        X64FaultException fault = Throw(cpu);
        Assert.Equal("unwritten memory", fault.Kind);
        Assert.Equal(new PhysicalAddress(0x6003), fault.PhysicalAddress);
    }

    [Fact]
    public void What_is_guarded_cannot_be_written()
    {
        X64Processor cpu = SimulatedMachine.Protected32(SimulatedMachine.Hex("A300600000"));
        cpu.Memory.Guard(new PhysicalRange(new PhysicalAddress(0x6000), 4096), "the next kernel's");
        Assert.Equal("guarded memory", Throw(cpu).Kind);
    }

    [Fact]
    public void A_repeated_string_instruction_stops_where_it_failed()
    {
        X64Processor cpu = SimulatedMachine.LongMode(SimulatedMachine.Hex("F3AA"));
        cpu[X64Register.Rdi] = Unmapped - 3;
        cpu[X64Register.Rcx] = 10;
        cpu.Memory.Write(0x2000, 8, 0x4003);
        cpu.Memory.Write(0x4000, 8, 0x83);
        cpu.Memory.Write(0x4000 + (8 * 511), 8, 0x20_0083);
        X64FaultException fault = Assert.Throws<X64FaultException>(cpu.ExecuteNext);
        Assert.Equal("#PF", fault.Kind);
        Assert.Equal(7UL, cpu[X64Register.Rcx]);
        Assert.Equal(Unmapped, cpu[X64Register.Rdi]);
        Assert.Equal(SimulatedMachine.Code, cpu.Rip);
    }

    [Fact]
    public void A_fault_in_the_midst_of_a_far_return_changes_nothing()
    {
        X64Processor cpu = SimulatedMachine.LongMode(SimulatedMachine.Hex("48CF"));
        cpu[X64Register.Rsp] = Unmapped - 16;
        Throw(cpu);
    }

    [Fact]
    public void An_exception_without_a_handler_is_a_triple_fault_that_names_the_first_cause()
    {
        X64Processor cpu = SimulatedMachine.LongMode(
            SimulatedMachine.Hex("0F0B"), new X64Options { DeliverExceptions = true });
        cpu.Idtr = new TableRegister(0, 0);
        X64FaultException fault = Assert.Throws<X64FaultException>(cpu.ExecuteNext);
        Assert.Equal(X64FaultCause.TripleFault, fault.Cause);
        Assert.StartsWith("#UD", fault.Message, StringComparison.Ordinal);
        Assert.Equal(SimulatedMachine.Code, cpu.Rip);
    }

    [Fact]
    public void A_page_fault_goes_to_its_handler_and_comes_back()
    {
        X64Processor cpu = SimulatedMachine.LongMode(
            SimulatedMachine.Hex("48A10000004000000000 F4"), new X64Options { DeliverExceptions = true });
        cpu.Memory.Write(0x6010, 8, 0x00AF_9B00_0000_FFFF);
        cpu.Memory.Write(0x6018, 8, 0x00CF_9300_0000_FFFF);
        cpu.Gdtr = new TableRegister(0x6000, 0x1F);
        cpu.Idtr = new TableRegister(0x7000, 0xFFF);
        cpu.Memory.Write(0x70E0, 8, 0x0000_8E00_0010_9000);
        cpu.Memory.Write(0x70E8, 8, 0);

        // mov qword [2008h], 83h; mov rbx, cr2; add rsp, 8; iretq
        cpu.Memory.Set(0x9000, SimulatedMachine.Hex("48C7042508200000 83000000 0F20D3 4883C408 48CF"));
        Assert.Equal(X64Stop.Halted, cpu.Run(100));
        Assert.Equal(Unmapped, cpu[X64Register.Rbx]);
        Assert.Equal(SimulatedMachine.StackTop, cpu[X64Register.Rsp]);
        Assert.Equal(X64Flags.Fixed, cpu.Rflags);
    }

    [Fact]
    public void A_halted_processor_goes_nowhere()
    {
        X64Processor cpu = SimulatedMachine.LongMode([0xF4]);
        cpu.ExecuteNext();
        Assert.True(cpu.IsHalted);
        Assert.Equal("halted", Assert.Throws<X64FaultException>(cpu.ExecuteNext).Kind);
    }

    /// <summary>Goes on to the fault, and sees that its instruction has left no trace.</summary>
    private static X64FaultException Throw(X64Processor cpu)
    {
        X64State before = cpu.State;
        X64FaultException fault = Assert.Throws<X64FaultException>(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                before = cpu.State;
                cpu.ExecuteNext();
            }
        });
        Assert.Empty(before.Differences(cpu.State));
        return fault;
    }
}
