using Baton.Handoffs;
using Baton.Proofs;
using Baton.Proofs.Devices;
using Baton.Proofs.X64;
using Baton.Protocols;
using Baton.Protocols.FreeBsd;
using Baton.Protocols.FreeBsd.Clauses;
using Baton.Tests.Protocols;
using Baton.Tests.Protocols.FreeBsd;

namespace Baton.Tests.Proofs.X64;

/// <summary>What waits in the local APIC for the kernel that is gone does not reach the next one.</summary>
public sealed class InterruptDrainTests
{
    private const ulong XApic = LocalApic.DefaultBase | 0x900;
    private const ulong X2Apic = LocalApic.DefaultBase | 0xD00;
    private const ulong Disabled = LocalApic.DefaultBase | 0x100;
    private const ulong AboveFourGiB = 0x10_FEE0_0900;

    [Theory]
    [InlineData(XApic, 0)]
    [InlineData(X2Apic, 0)]
    [InlineData(Disabled, 224)]
    [InlineData(AboveFourGiB, 224)]
    public void Interrupts_are_taken_where_the_APIC_can_be_reached(ulong apicBase, int left)
    {
        KexecMachine set = Start(apicBase, out Handoff handoff);
        Assert.Equal(224, set.LocalApic.Waiting.Count);
        Assert.Equal(3, set.LocalApic.Unended.Count);
        Assert.Equal(X64Stop.Address, set.Processor.Run(X64Proof.StepLimit, handoff.KernelEntry.Value));
        Assert.Equal(left, set.LocalApic.Waiting.Count);
        Assert.Equal(left == 0 ? 0 : 3, set.LocalApic.Unended.Count);
        Assert.Equal(KexecMachine.LeftSpurious, set.LocalApic.Spurious);
        Assert.Equal(new TableRegister(0, 0), set.Processor.Idtr);
        Assert.Equal(X64Flags.Fixed, set.Processor.Rflags);
    }

    /// <summary>No vector below 32 has a gate: an exception ends the crossing as it does everywhere else.</summary>
    [Fact]
    public void An_exception_has_no_handler()
    {
        KexecMachine set = Start(XApic, out Handoff handoff);
        set.LocalApic.Request(31);
        X64FaultException fault = Assert.Throws<X64FaultException>(
            () => set.Processor.Run(X64Proof.StepLimit, handoff.KernelEntry.Value));
        Assert.Contains("vector 31 has no interrupt or trap gate", fault.Message, StringComparison.Ordinal);
        Assert.Equal([31], set.LocalApic.Waiting);
    }

    /// <summary>The crossing is judged with the APIC left in either mode.</summary>
    [Theory]
    [InlineData("81C100080000 31D20F30C3", "81C100080000 31D29090C3")]
    [InlineData("81C100080000 31D20F30C3", "81C100080000 31C00F30C3")]
    [InlineData("81C100080000 31D20F30C3", "81C100090000 31D20F30C3")]
    public void A_crossing_that_drains_an_xAPIC_alone_is_refused(string written, string instead)
    {
        FreeBsdRequest request = Request();
        Handoff good = FreeBsdPlanner.Plan(request);
        X64ProofMachine machine = ProofMachines.X64(request.Machine);
        ProofReport proof = X64Proof.Run(good, machine, FreeBsdContract.For(request));
        Assert.True(proof.Holds, string.Join('\n', proof.Failed));
        Assert.Equal(3, proof.Runs);

        byte[] bytes = good.Named("trampoline").Bytes();
        int at = bytes.AsSpan().IndexOf(SimulatedMachine.Hex(written));
        Assert.True(at > 0);
        SimulatedMachine.Hex(instead).CopyTo(bytes, at);
        Handoff broken = good.WithBytes("trampoline", bytes);
        ProofReport refused = X64Proof.Run(broken, machine, FreeBsdContract.For(request));
        Assert.False(refused.Holds);
        Assert.Contains(refused.Failed, clause => clause.Id is "no-interrupt-waits" or "arrival");
    }

    /// <summary>One that is requested again and again is given up, and the kernel gets it.</summary>
    [Fact]
    public void An_APIC_that_holds_everything_back_does_not_hold_the_crossing()
    {
        KexecMachine set = Start(XApic, out Handoff handoff);
        set.Memory.Attach(LocalApic.DefaultBase, new StuckApic());
        Assert.Equal(X64Stop.Address, set.Processor.Run(X64Proof.StepLimit, handoff.KernelEntry.Value));
    }

    private static FreeBsdRequest Request() =>
        TestRequests.Of(FreeBsdPlannerTests.Machine(uefi: false, fiveLevel: false), true);

    private static KexecMachine Start(ulong apicBase, out Handoff handoff)
    {
        FreeBsdRequest request = Request();
        handoff = FreeBsdPlanner.Plan(request);
        KexecMachine set = KexecMachine.Create(handoff, ProofMachines.X64(request.Machine), new Garbage(1));
        X64State state = set.Processor.State;
        set.Processor.State = state with { Msrs = state.Msrs.SetItem(LocalApic.BaseMsr, apicBase) };
        return set;
    }

    private sealed class StuckApic : IMemoryDevice
    {
        public ulong Read(int offset, int size) => 1;

        public void Write(int offset, int size, ulong value)
        {
        }
    }
}
