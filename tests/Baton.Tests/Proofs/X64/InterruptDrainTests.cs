using Baton.Handoffs;
using Baton.Proofs;
using Baton.Proofs.Devices;
using Baton.Proofs.X64;
using Baton.Protocols;
using Baton.Protocols.FreeBsd;
using Baton.Protocols.FreeBsd.Clauses;
using Baton.Tests.Protocols.FreeBsd;

namespace Baton.Tests.Proofs.X64;

/// <summary>What waits in the local APIC for the kernel that is gone does not reach the next one.</summary>
public sealed class InterruptDrainTests
{
    private const uint ApicBaseMsr = 0x1B;
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
    }

    /// <summary>One that is requested again and again is given up, and the kernel gets it.</summary>
    [Fact]
    public void An_APIC_that_holds_everything_back_does_not_hold_the_crossing()
    {
        KexecMachine set = Start(XApic, out Handoff handoff);
        set.Memory.Attach(LocalApic.DefaultBase, new StuckApic());
        Assert.Equal(X64Stop.Address, set.Processor.Run(X64Proof.StepLimit, handoff.KernelEntry.Value));
    }

    private static KexecMachine Start(ulong apicBase, out Handoff handoff)
    {
        FreeBsdRequest request = TestRequests.Of(FreeBsdPlannerTests.Machine(uefi: false, fiveLevel: false), true);
        handoff = FreeBsdPlanner.Plan(request);
        KexecMachine set = KexecMachine.Create(handoff, ProofMachines.X64(request.Machine), new Garbage(1));
        X64State state = set.Processor.State;
        set.Processor.State = state with { Msrs = state.Msrs.SetItem(ApicBaseMsr, apicBase) };
        if (apicBase == X2Apic)
        {
            // As an x2APIC it does not answer at its page.
            set.Memory.Attach(LocalApic.DefaultBase, new NoDevice());
        }

        return set;
    }

    private sealed class NoDevice : IMemoryDevice
    {
        public ulong Read(int offset, int size) => throw new InvalidOperationException("a read of the page");

        public void Write(int offset, int size, ulong value) => throw new InvalidOperationException("a write to the page");
    }

    private sealed class StuckApic : IMemoryDevice
    {
        public ulong Read(int offset, int size) => 1;

        public void Write(int offset, int size, ulong value)
        {
        }
    }
}
