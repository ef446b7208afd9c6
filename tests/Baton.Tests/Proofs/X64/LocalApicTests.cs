using Baton.Proofs;
using Baton.Proofs.Devices;
using Baton.Proofs.X64;

namespace Baton.Tests.Proofs.X64;

/// <summary>The local APIC by its page and by its MSRs: what a processor refuses is refused.</summary>
public sealed class LocalApicTests
{
    private const ulong XApic = LocalApic.DefaultBase | 0x900;
    private const ulong X2Apic = LocalApic.DefaultBase | 0xD00;
    private const ulong Disabled = LocalApic.DefaultBase | 0x100;
    private const byte Vector = 0x40;

    [Theory]
    [InlineData(0x80BU, 1UL, "the bits 0x1 are reserved")]
    [InlineData(0x80BU, 1UL << 32, "the bits 0x100000000 are reserved")]
    [InlineData(0x808U, 1UL << 32, "the bits 0x100000000 are reserved")]
    [InlineData(0x808U, 0x100UL, "the bits 0x100 are reserved")]
    [InlineData(0x80FU, 0x1_0000_01FFUL, "the bits 0x100000000 are reserved")]
    [InlineData(0x80FU, 0x21FFUL, "the bits 0x2000 are reserved")]
    [InlineData(0x810U, 0UL, "can only be read")]
    [InlineData(0x817U, 0UL, "can only be read")]
    [InlineData(0x820U, 0UL, "can only be read")]
    [InlineData(0x802U, 0UL, "can only be read")]
    [InlineData(0x804U, 0UL, "there is no MSR 0x804")]
    [InlineData(0x831U, 0UL, "there is no MSR 0x831")]
    [InlineData(0x01BU, XApic, "an x2APIC must be switched off before it is an xAPIC")]
    [InlineData(0x01BU, LocalApic.DefaultBase | 0x500, "EXTD needs EN")]
    [InlineData(0x01BU, X2Apic | 1, "the bits 0x1 are reserved")]
    [InlineData(0x01BU, X2Apic | (1UL << 50), "the bits 0x4000000000000 are reserved")]
    public void What_the_manual_forbids_of_an_x2APIC_is_a_general_protection(uint msr, ulong value, string reason)
    {
        X64Processor cpu = Machine("0F30", X2Apic, out LocalApic apic);
        Set(cpu, msr, value);
        X64State before = cpu.State;
        X64FaultException fault = Assert.Throws<X64FaultException>(cpu.ExecuteNext);
        Assert.Equal("#GP(0x0)", fault.Kind);
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
        Assert.Empty(before.Differences(cpu.State));
        Assert.Equal([Vector], apic.Unended);
        Assert.Equal(X2Apic, apic.Base);
    }

    [Theory]
    [InlineData(Disabled, X2Apic, "must be an xAPIC before it is an x2APIC")]
    [InlineData(XApic, LocalApic.DefaultBase | 0x500, "EXTD needs EN")]
    public void A_mode_is_reached_by_no_other_way(ulong from, ulong to, string reason)
    {
        X64Processor cpu = Machine("0F30", from, out _);
        Set(cpu, LocalApic.BaseMsr, to);
        Assert.Contains(reason, Assert.Throws<X64FaultException>(cpu.ExecuteNext).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0F32", 0x80BU, "#GP(0x0)")]
    [InlineData("0F32", 0x83FU, "#GP(0x0)")]
    [InlineData("0F32", 0x804U, "#GP(0x0)")]
    [InlineData("0F32", 0x830U, "not simulated")]
    [InlineData("0F32", 0x839U, "not simulated")]
    [InlineData("0F30", 0x830U, "not simulated")]
    [InlineData("0F30", 0x832U, "not simulated")]
    public void A_register_that_is_not_simulated_is_no_register_that_does_not_exist(string code, uint msr, string kind)
    {
        X64Processor cpu = Machine(code, X2Apic, out _);
        Set(cpu, msr, 0);
        Assert.Equal(kind, Assert.Throws<X64FaultException>(cpu.ExecuteNext).Kind);
    }

    [Fact]
    public void An_x2APIC_is_read_and_written_by_its_MSRs()
    {
        // wrmsr of EOI, then of the task priority; rdmsr of it
        X64Processor cpu = Machine("0F30 B908080000 B023 0F30 0F32", X2Apic, out LocalApic apic);
        Set(cpu, 0x80B, 0);
        cpu.Run(5);
        Assert.Empty(apic.Unended);
        Assert.Equal(0x23U, apic.Priority);
        Assert.Equal(0x23UL, cpu[X64Register.Rax]);
    }

    [Theory]
    [InlineData(XApic, true)]
    [InlineData(X2Apic, false)]
    [InlineData(Disabled, false)]
    [InlineData(0x10_FEE0_0900UL, false)]
    public void Only_an_xAPIC_has_a_page(ulong apicBase, bool answers)
    {
        // mov [rbx], eax: the end of an interrupt
        X64Processor cpu = Machine("8903", apicBase, out LocalApic apic);
        cpu.Memory.Attach(0x9000, apic);
        cpu[X64Register.Rbx] = 0x90B0;
        if (answers)
        {
            cpu.ExecuteNext();
            Assert.Empty(apic.Unended);
            return;
        }

        X64FaultException fault = Assert.Throws<X64FaultException>(cpu.ExecuteNext);
        Assert.Equal(X64FaultCause.Memory, fault.Cause);
        Assert.Contains("where it does not answer", fault.Message, StringComparison.Ordinal);
        Assert.Equal([Vector], apic.Unended);
    }

    /// <summary>It waits as before, and nothing of the way to its handler is left.</summary>
    [Fact]
    public void An_interrupt_that_cannot_be_delivered_is_not_lost()
    {
        const byte Waiting = 0x50;
        X64Processor cpu = Machine("FB 90", XApic, out LocalApic apic);
        apic.Spurious = LocalApic.SoftwareEnable;
        apic.Request(Waiting);
        cpu.Memory.Write(0x6010, 8, 0x00AF_9B00_0000_FFFF);
        cpu.Gdtr = new TableRegister(0x6000, 0x1F);
        cpu.Idtr = new TableRegister(0x7000, 0xFFF);
        cpu.Memory.Write(0x7000 + (Waiting * 16), 8, 0x0000_8E00_0010_9000);
        cpu.Memory.Write(0x7008 + (Waiting * 16), 8, 0);

        // The stack is not mapped; nothing can be pushed.
        cpu[X64Register.Rsp] = 0x4000_0109;
        cpu.ExecuteNext();
        X64State before = cpu.State;
        Assert.Equal("#PF", Assert.Throws<X64FaultException>(cpu.ExecuteNext).Kind);
        Assert.Equal(["RIP: 0x8001 and 0x8002"], before.Differences(cpu.State));
        Assert.Equal([Waiting], apic.Waiting);
        Assert.Equal([Vector], apic.Unended);
    }

    /// <summary>64-bit mode, one vector in service.</summary>
    private static X64Processor Machine(string code, ulong apicBase, out LocalApic apic)
    {
        apic = new LocalApic();
        apic.Serve(Vector);
        X64Processor cpu = SimulatedMachine.LongMode(
            SimulatedMachine.Hex(code), new X64Options { LocalApic = apic, Cpuid = X64Cpuid.QemuMax(extendedApic: true) });
        X64State state = cpu.State;
        cpu.State = state with { Msrs = state.Msrs.SetItem(LocalApic.BaseMsr, apicBase) };
        return cpu;
    }

    private static void Set(X64Processor cpu, uint msr, ulong value)
    {
        cpu[X64Register.Rcx] = msr;
        cpu[X64Register.Rax] = value & uint.MaxValue;
        cpu[X64Register.Rdx] = value >> 32;
    }
}
