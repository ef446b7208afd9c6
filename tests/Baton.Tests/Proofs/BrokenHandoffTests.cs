using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Protocols;
using Baton.Protocols.LinuxX86;
using Baton.Protocols.LinuxX86.Clauses;
using Baton.Reports;
using Baton.Tests.Cli;
using Baton.Tests.Protocols;
using Baton.Trampolines;

namespace Baton.Tests.Proofs;

/// <summary>
/// What a broken handoff looks like to the user: the reports in docs/proof-failures.md are these, to the letter.
/// </summary>
public sealed class BrokenHandoffTests
{
    private static readonly Machine Machine = TestMachines.Bios();

    [Fact]
    public void A_selector_beyond_the_table_is_named_where_it_is_loaded()
    {
        // push 0x10, for the far return that loads CS; its immediate has 32 bits.
        ProofReport proof = Prove(Change("trampoline", bytes => Replace(bytes, [0x68, 0x10, 0], [0x68, 0x40, 0])));
        Assert.Equal(["arrival", "independence"], proof.Failed.Take(2).Select(clause => clause.Id));
        Assert.Contains("selector 0x40", proof.Clauses[0].Verdict?.Seen, StringComparison.Ordinal);
        AssertInDocs(proof);
    }

    [Fact]
    public void A_page_that_is_not_mapped_is_named_by_its_address()
    {
        ProofReport proof = Prove(Change("trampoline", bytes => bytes[MapOf(bytes, 0x100_0000)] &= 0xFE));
        Assert.Contains("mapped-kernel", proof.Failed.Select(clause => clause.Id));
        AssertInDocs(proof);
    }

    [Fact]
    public void A_wrong_pointer_to_boot_params_is_shown_with_the_right_one()
    {
        Handoff good = Plan();
        uint at = (uint)good.Named("boot_params").Destination.Start.Value;
        ProofReport proof = Prove(Change("trampoline", bytes => Replace(
            bytes, [0xBE, .. BitConverter.GetBytes(at)], [0xBE, .. BitConverter.GetBytes(at + 0x10)])));
        Assert.Equal("rsi", Assert.Single(proof.Failed, clause => clause.Verdict is not null).Id);
        AssertInDocs(proof);
    }

    [Fact]
    public void An_initrd_in_the_kernels_way_is_named_with_both_ranges()
    {
        Handoff good = Plan();
        Handoff broken = good with
        {
            Segments =
            [
                .. good.Segments.Select(segment => segment.Name == "initrd"
                    ? segment with { Destination = new PhysicalRange(new(0x200_0000), segment.Destination.Length) }
                    : segment),
            ],
        };
        ProofReport proof = Prove(broken);
        Assert.Contains("init-size", proof.Failed.Select(clause => clause.Id));
        Assert.Contains("initrd", proof.Failed.Select(clause => clause.Id));
        AssertInDocs(proof);
    }

    /// <summary>The crossing itself needs none of them: only the tables show it.</summary>
    [Fact]
    public void Pages_of_1_GiB_are_refused_where_there_are_none()
    {
        Handoff handoff = Plan();
        X64ProofMachine machine = ProofMachines.X64(Machine);
        Contract<X64Arrival> contract = LinuxX86Contract.For(TestKernels.Modern, Machine, handoff);
        Assert.True(X64Proof.Run(handoff, machine, contract).Holds);
        ProofReport proof = X64Proof.Run(handoff, machine with { GigabytePages = false }, contract);
        ClauseResult tables = proof.Failed.Single(clause => clause.Id == "page-tables");
        Assert.Contains("has the page-size bit set", tables.Verdict?.Seen, StringComparison.Ordinal);
    }

    private static Handoff Plan() => LinuxX86Planner.Plan(TestKernels.Request(Machine, initrd: 0x5432));

    private static Handoff Change(string name, Action<byte[]> change)
    {
        Handoff good = Plan();
        byte[] bytes = good.Named(name).Bytes();
        change(bytes);
        return good.WithBytes(name, bytes);
    }

    private static ProofReport Prove(Handoff handoff)
    {
        ProofReport proof = X64Proof.Run(
            handoff, ProofMachines.X64(Machine), LinuxX86Contract.For(TestKernels.Modern, Machine, handoff));
        Assert.False(proof.Holds);
        return proof;
    }

    private static void Replace(byte[] bytes, byte[] old, byte[] replacement)
    {
        int at = bytes.AsSpan().IndexOf(old);
        Assert.True(at >= 0, "the trampoline does not hold what this test changes");
        replacement.CopyTo(bytes, at);
    }

    /// <summary>Where in the trampoline's bytes the leaf entry lies that maps an address, by the plan's own tables.</summary>
    private static int MapOf(byte[] trampoline, ulong address)
    {
        Handoff good = Plan();
        KexecMachine set = KexecMachine.Create(good, ProofMachines.X64(Machine), new Garbage(1));
        Assert.Equal(X64Stop.Address, set.Processor.Run(X64Proof.StepLimit, good.KernelEntry.Value));
        PhysicalAddress entry = set.Processor.Translate(address).Steps[^1].Address;
        int offset = (int)(entry - good.Named("trampoline").Destination.Start);
        Assert.InRange(offset, 0, trampoline.Length - 8);
        return offset;
    }

    private static void AssertInDocs(ProofReport proof)
    {
        using StringWriter text = new();
        Invocation.Environment(text, TextWriter.Null).Print(
            ProofText.Build(ProofText.Summary(proof), proof, onlyFailed: true));
        string docs = File.ReadAllText(Path.Combine(Repository.Root, "docs", "proof-failures.md"));
        Assert.True(
            docs.Contains(text.ToString().TrimEnd(), StringComparison.Ordinal), $"not in docs/proof-failures.md:\n{text}");
    }
}
