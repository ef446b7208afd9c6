using Baton.Proofs.Arm64;

namespace Baton.Tests.Proofs.Arm64;

/// <summary>Exception levels, stack pointers and the registers that stand for PSTATE.</summary>
public sealed class Arm64SystemTests
{
    /// <summary>HCR_EL2.RW: EL1 is AArch64.</summary>
    private const ulong El1Is64 = 1UL << 31;

    [Fact]
    public void Eret_goes_to_el1_with_its_own_stack()
    {
        Arm64Machine machine = new();
        machine.Processor[0] = El1Is64;
        machine.Processor[1] = 0x8000_03c5;
        machine.Processor[2] = Arm64Machine.Data;
        machine.Processor[3] = 0x1230;
        machine.Processor.StackPointer = 0x4560;
        machine.Program("nop", Arm64Machine.Data);
        machine.Program("msr HCR_EL2, x0\nmsr SPSR_EL2, x1\nmsr ELR_EL2, x2\nmsr SP_EL1, x3\neret").Run(6);
        Assert.Equal((1, Arm64Machine.Data + 4, 0x1230UL), (
            machine.Processor.ExceptionLevel, machine.Processor.ProgramCounter, machine.Processor.StackPointer));
        Assert.Equal((0x8000_03c5U, 1), (machine.Processor.State.Pstate, machine.Processor.State.ExceptionLevel));
    }

    [Theory]
    [InlineData(0x3cdUL, "illegal execution state")] // EL3
    [InlineData(0x3c6UL, "illegal execution state")] // a reserved mode
    [InlineData(0x3c0UL, "not simulated")] // EL0
    [InlineData(0x1d3UL, "not simulated")] // AArch32
    [InlineData(0x3c5UL, "not simulated")] // EL1, with HCR_EL2.RW clear
    [InlineData(0x10_03c9UL, "not simulated")] // EL2, with IL
    [InlineData(0x20_03c9UL, "not simulated")] // EL2, with SS
    public void Eret_elsewhere_is_a_fault(ulong spsr, string kind)
    {
        Arm64Machine machine = new();
        machine.Processor.WriteSystemRegister(Arm64SystemRegister.SpsrEl2, spsr);
        Assert.Equal(kind, machine.Program("eret").RunToFault().Kind);
    }

    [Fact]
    public void The_stack_pointers_are_banked()
    {
        Arm64Machine machine = new(1);
        machine.Processor[0] = 0x100;
        machine.Processor[1] = 0x200;
        machine.Program("mov sp, x0\nmsr SP_EL0, x1\nmsr SPSel, #0\nmov x2, sp\nmsr SPSel, #1\nmov x3, sp").Run(6);
        Assert.Equal((0x200UL, 0x100UL), (machine.Processor[2], machine.Processor[3]));
    }

    [Fact]
    public void Sp_el0_has_no_name_while_it_is_in_use() =>
        Assert.Equal("undefined instruction", new Arm64Machine().Program("msr SPSel, #0\nmrs x0, SP_EL0").RunToFault().Kind);

    [Fact]
    public void Interrupt_masks_are_set_and_cleared()
    {
        Arm64Machine machine = new();
        machine.Program("msr DAIFClr, #15\nmsr DAIFSet, #2\nmrs x0, DAIF").Run(3);
        Assert.Equal(0x80UL, machine.Processor[0]);
    }

    [Fact]
    public void With_e2h_el1_names_are_el2_registers()
    {
        Arm64Machine machine = new();
        machine.Processor[0] = El1Is64 | (1UL << 34);
        machine.Processor[1] = 0x1111;
        machine.Processor[2] = 0x2222;
        machine.Program("msr HCR_EL2, x0\nmsr VBAR_EL1, x1\nmsr S3_5_C12_C0_0, x2").Run(3);
        Assert.Equal((0x1111UL, 0x2222UL), (
            machine.Processor.ReadSystemRegister(Arm64SystemRegister.VbarEl2),
            machine.Processor.ReadSystemRegister(Arm64SystemRegister.VbarEl1)));
    }

    [Fact]
    public void Every_register_of_the_table_can_be_read_or_written_at_el2()
    {
        foreach (SystemRegisterName register in SystemRegisterName.All())
        {
            Arm64Machine machine = new();
            uint word = 0xd500_0000 | (register.Encoding << 5);
            try
            {
                machine.Word(word | (1U << 21)).Run(1);
            }
            catch (Arm64FaultException)
            {
                machine.Word(word).Run(1);
            }

            Assert.Equal(1UL, machine.Processor.Instructions);
        }
    }

    /// <summary>A value of the enumeration.</summary>
    private sealed record SystemRegisterName(uint Encoding)
    {
        public static IEnumerable<SystemRegisterName> All() =>
            Enum.GetValues<Arm64SystemRegister>().Select(register => new SystemRegisterName((uint)register));
    }
}
