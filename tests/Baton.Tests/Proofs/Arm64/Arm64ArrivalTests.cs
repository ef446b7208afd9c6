using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;
using Baton.Protocols;
using Baton.Protocols.LinuxArm64;
using Baton.Protocols.LinuxArm64.Clauses;
using Baton.Tests.Protocols;
using Baton.Trampolines;

namespace Baton.Tests.Proofs.Arm64;

/// <summary>A crossing has arrived when the kernel's first instruction can be fetched, and not before.</summary>
public sealed class Arm64ArrivalTests
{
    [Theory]
    [InlineData(0UL, null)]
    [InlineData(2UL, "is no address of an instruction")]
    [InlineData(1UL, "is no address of an instruction")]
    [InlineData(0x111_0000UL, "nobody has written")]
    public void The_first_instruction_is_one_that_was_loaded(ulong beside, string? words)
    {
        LinuxArm64Request request = Arm64Machines.Request(Arm64Machines.Read(Arm64Machines.Tree()));
        Handoff handoff = LinuxArm64Planner.Plan(request);
        PhysicalAddress entry = handoff.KernelEntry + beside;
        byte[] code = Arm64Trampoline.Build(entry, handoff.Named("dtb").Destination.Start.Value);
        Judge(request, handoff.WithBytes("trampoline", code) with { KernelEntry = entry }, words);
    }

    /// <summary>What a register of the translation does to the fetch is sure after an ISB alone.</summary>
    [Theory]
    [InlineData(true, null)]
    [InlineData(false, "no ISB has followed")]
    public void The_first_instruction_is_fetched_after_what_was_switched(bool hasBarrier, string? words)
    {
        LinuxArm64Request request = Arm64Machines.Request(Arm64Machines.Read(Arm64Machines.Tree()));
        Handoff handoff = LinuxArm64Planner.Plan(request);
        Arm64Assembler code = new();
        code.MovConstant(RegX.X4, handoff.KernelEntry.Value);
        code.MovConstant(RegX.X0, handoff.Named("dtb").Destination.Start.Value);
        code.Mrs(RegX.X5, SystemRegister.SctlrEl1);
        code.Msr(SystemRegister.SctlrEl1, RegX.X5);
        if (hasBarrier)
        {
            code.Isb();
        }

        code.Br(RegX.X4);
        Judge(request, handoff.WithBytes("trampoline", code.Build()), words);
    }

    /// <summary>Judges at EL1, with the arrival alone in mind.</summary>
    private static void Judge(LinuxArm64Request request, Handoff handoff, string? words)
    {
        Arm64ProofMachine machine = ProofMachines.Arm64(request.Machine) with { ExceptionLevels = [1] };
        ProofReport proof = Arm64Proof.Run(handoff, machine, LinuxArm64Contract.For(request, handoff));
        ClauseResult arrival = Assert.Single(proof.Clauses, clause => clause.Id == "arrival");
        Assert.Equal(words is null, arrival.Holds);
        Assert.Contains(words ?? "instructions", $"{arrival}", StringComparison.Ordinal);
    }
}
