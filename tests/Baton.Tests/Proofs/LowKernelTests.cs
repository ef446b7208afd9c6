using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Protocols;
using Baton.Protocols.LinuxX86;
using Baton.Protocols.LinuxX86.Clauses;
using Baton.Tests.Protocols;

namespace Baton.Tests.Proofs;

/// <summary>
/// A kernel that lies below pref_address moves itself up to it: what lies there then is lost, whoever has made the plan.
/// </summary>
public sealed class LowKernelTests
{
    /// <summary>The plans put it 16 MiB lower.</summary>
    private static readonly LinuxX86Kernel Kernel = TestKernels.Modern with { Preferred = new PhysicalAddress(0x200_0000) };

    [Fact]
    public void What_lies_where_it_moves_to_breaks_the_proof()
    {
        ProofReport proof = Prove(TestMachines.Bios(), initrd: 0x5432);
        Assert.Equal(["init-size", "initrd-limit"], proof.Failed.Select(clause => clause.Id));
        Assert.Contains("lies in [0x2000000, 0x4000000)", proof.Failed.First().Verdict?.Seen, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_is_reserved_there_breaks_the_proof()
    {
        MemoryRegion reserved = TestMachines.Region(0x380_0000, 0x380_1000, MemoryKind.Reserved);
        Assert.Contains(
            "[0x2000000, 0x4000000) is not all RAM",
            Assert.Single(Prove(TestMachines.Bios(reserved), initrd: 0).Failed, clause => clause.Id == "init-size").Verdict?.Seen,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nothing_is_in_its_way_the_proof_holds() =>
        Assert.Empty(Prove(TestMachines.Bios(), initrd: 0).Failed);

    private static ProofReport Prove(Machine machine, int initrd)
    {
        Handoff handoff = LinuxX86Planner.Plan(TestKernels.Request(machine, initrd: initrd));
        return X64Proof.Run(handoff, ProofMachines.X64(machine), LinuxX86Contract.For(Kernel, machine, handoff));
    }
}
