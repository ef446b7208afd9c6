using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;

namespace Baton.Tests.Proofs.Arm64;

/// <summary>What the processor does not complete, and what it says about it.</summary>
public sealed class Arm64FaultTests
{
    [Theory]
    [InlineData("svc #7", Arm64ExceptionClass.Svc, 0x56000007U)]
    [InlineData("hvc #8", Arm64ExceptionClass.Hvc, 0x5a000008U)]
    [InlineData("smc #9", Arm64ExceptionClass.Smc, 0x5e000009U)]
    [InlineData("brk #0x55", Arm64ExceptionClass.Brk, 0xf2000055U)]
    [InlineData("hlt #1", Arm64ExceptionClass.Unknown, 0x02000000U)]
    public void An_instruction_that_takes_an_exception_is_a_fault(string text, Arm64ExceptionClass expected, uint syndrome)
    {
        Arm64Machine machine = new();
        Arm64FaultException fault = machine.Program(text).RunToFault();
        Assert.Equal((Arm64FaultCause.Exception, expected, syndrome), (fault.Cause, fault.Class, fault.Syndrome));
        Assert.Equal(Arm64Machine.Code, fault.ProgramCounter);
        Assert.Equal(0UL, machine.Processor.Instructions);
    }

    [Theory]
    [InlineData(0x00000000U, "undefined instruction")]
    [InlineData(0x91800000U, "not simulated")] // a tag
    [InlineData(0x1e602800U, "not simulated")] // fadd d0, d0, d0
    [InlineData(0xfa5f0ff0U, "undefined instruction")] // ccmp with o2 set and o3 set
    [InlineData(0xf8400421U, "constrained unpredictable")] // ldr x1, [x1], #0
    [InlineData(0xd53bf000U, "not simulated")] // mrs x0, s3_3_c15_c0_0
    public void Undefined_and_not_simulated_are_two_things(uint word, string kind)
    {
        Arm64FaultException fault = new Arm64Machine().Word(word).RunToFault();
        Assert.Equal(kind, fault.Kind);
    }

    [Fact]
    public void An_unknown_register_is_named() =>
        Assert.Contains(
            "msr of S3_6_C15_C2_1", new Arm64Machine().Program("msr S3_6_C15_C2_1, x0").RunToFault().Message,
            StringComparison.Ordinal);

    [Fact]
    public void El1_has_no_registers_of_el2()
    {
        Arm64FaultException fault = new Arm64Machine(1).Program("mrs x0, HCR_EL2").RunToFault();
        Assert.Equal("undefined instruction", fault.Kind);
        Assert.Contains("HCR_EL2 at EL1", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unaligned_stack_pointer_is_a_fault_when_it_is_checked()
    {
        Arm64Machine machine = new();
        machine.Processor.WriteSystemRegister(Arm64SystemRegister.SctlrEl2, 0x30c5_0838);
        machine.Processor.StackPointer = Arm64Machine.Data + 8;
        Arm64FaultException fault = machine.Program("ldr x0, [sp, #8]").RunToFault();
        Assert.Equal(Arm64ExceptionClass.SpAlignment, fault.Class);
        machine.Processor.WriteSystemRegister(Arm64SystemRegister.SctlrEl2, 0x30c5_0830);
        machine.Run(1);
    }

    [Fact]
    public void With_the_mmu_off_data_must_be_aligned()
    {
        Arm64Machine machine = new();
        machine.Processor[1] = Arm64Machine.Data + 1;
        Arm64FaultException fault = machine.Program("str w0, [x1]").RunToFault();
        Assert.Equal((0x9600_0061U, (ulong?)Arm64Machine.Data + 1), (fault.Syndrome, fault.FaultAddress));
    }

    [Fact]
    public void Exclusives_must_be_aligned_and_the_pair_to_its_whole_size()
    {
        Arm64Machine machine = Arm64Machine.Cached();
        machine.Processor[1] = Arm64Machine.Data + 8;
        Assert.Equal(0x9600_0021U, machine.Program("ldxp x2, x3, [x1]").RunToFault().Syndrome);
        machine.Program("ldxr x2, [x1]").Run(1);
    }

    [Fact]
    public void An_exclusive_store_passes_after_its_load_and_once()
    {
        Arm64Machine machine = Arm64Machine.Cached();
        machine.Processor[1] = Arm64Machine.Data;
        machine.Processor[2] = 5;
        machine.Program("ldxr x3, [x1]\nstxr w0, x2, [x1]\nstxr w4, x2, [x1]\nldxr x3, [x1]\nclrex\nstxr w5, x2, [x1]").Run(6);
        Arm64Processor processor = machine.Processor;
        Assert.Equal((0UL, 1UL, 1UL, 5UL), (processor[0], processor[4], processor[5], processor[3]));
    }

    [Theory]
    [InlineData("ldxr x2, [x1]")]
    [InlineData("ldaxp x2, x3, [x1]")]
    [InlineData("ldadd x0, x2, [x1]")]
    [InlineData("swp x0, x2, [x1]")]
    [InlineData("cas x0, x2, [x1]")]
    public void Exclusives_and_atomics_of_device_memory_are_the_machines_choice(string text)
    {
        Arm64Machine machine = new();
        machine.Processor[1] = Arm64Machine.Data;
        Arm64FaultException fault = machine.Program(text).RunToFault();
        Assert.Equal("constrained unpredictable", fault.Kind);
        Assert.Contains("0x40003000, which is device memory while the MMU is off", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_branch_into_the_middle_of_an_instruction_faults_there()
    {
        Arm64Machine machine = new();
        machine.Processor[1] = Arm64Machine.Data + 2;
        machine.Program("br x1").Run(1);
        Arm64FaultException fault = machine.RunToFault();
        Assert.Equal((Arm64ExceptionClass.PcAlignment, Arm64Machine.Data + 2), (fault.Class, fault.ProgramCounter));
    }

    [Fact]
    public void Memory_that_nobody_wrote_is_not_read()
    {
        Arm64Machine machine = new(2, UnwrittenMemory.Refuse);
        machine.Processor[1] = Arm64Machine.Data;
        Arm64FaultException fault = machine.Program("str w0, [x1]\nldr x2, [x1]").RunToFault();
        Assert.Equal(("unwritten memory", Arm64Machine.Code + 4), (fault.Kind, fault.ProgramCounter));
        Assert.Contains("0x40003004", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0UL, machine.Processor[2]);
    }

    [Theory]
    [InlineData("ldr x0, [x1], #8")]
    [InlineData("ldp x2, x3, [x1, #16]!")]
    [InlineData("str x0, [x1, #8]!")]
    [InlineData("ldadd x0, x2, [x1]")]
    public void A_fault_leaves_the_registers_as_they_were(string text)
    {
        Arm64Machine machine = new();
        machine.Processor[1] = 0x1000_0000;
        machine.Program(text);
        SortedDictionary<string, ulong> before = machine.Named();
        Assert.Equal("outside memory", machine.RunToFault().Kind);
        Assert.Equal(before, machine.Named());
    }

    [Fact]
    public void A_guard_stops_a_store()
    {
        Arm64Machine machine = new();
        machine.Memory.Guard(new PhysicalRange(new PhysicalAddress(Arm64Machine.Data), 8), "the initrd");
        machine.Processor[1] = Arm64Machine.Data;
        Assert.Equal("guarded memory", machine.Program("strb w0, [x1]").RunToFault().Kind);
    }

    [Fact]
    public void Code_that_is_written_over_is_decoded_again()
    {
        Arm64Machine machine = new();
        machine.Program("nop").Run(1);
        machine.Processor.ProgramCounter = Arm64Machine.Code;
        machine.Program("movz x0, #3").Run(1);
        Assert.Equal(3UL, machine.Processor[0]);
    }

    [Fact]
    public void Big_endian_data_is_not_simulated()
    {
        Arm64Machine machine = new Arm64Machine().Program("movz x0, #0x200, lsl #16\nmsr SCTLR_EL2, x0");
        Assert.Equal("not simulated", machine.RunToFault().Kind);
    }
}
