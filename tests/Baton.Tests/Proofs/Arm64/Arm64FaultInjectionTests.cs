using System.Collections.Concurrent;
using System.Globalization;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;
using Baton.Protocols;
using Baton.Protocols.FreeBsd;
using Baton.Protocols.FreeBsd.Clauses;
using Baton.Protocols.LinuxArm64;
using Baton.Protocols.LinuxArm64.Clauses;
using Baton.Tests.Protocols;
using Baton.Tests.Protocols.FreeBsd;

namespace Baton.Tests.Proofs.Arm64;

/// <summary>
/// The proof is worth what it refuses: bits of the trampoline and of the device tree are turned over, one at a time. All
/// mutants of data that the next kernel finds must be refused, and at least 99 of 100 of the trampoline that change what it
/// finds: one that cleans more of the caches than it needs to comes to the same, later.
/// </summary>
public sealed class Arm64FaultInjectionTests(ITestOutputHelper output)
{
    /// <summary>Of the device tree's bits one in so many is tried, unless all are asked for.</summary>
    private const int Stride = 5;

    private const ulong Seed = 0x1234_5678_9ABC_DEF0;

    private static readonly bool TriesAll = Environment.GetEnvironmentVariable("BATON_ALL_MUTANTS") is { Length: > 0 };

    [Fact]
    public void Mutants_of_the_trampoline_are_refused() => Judge("trampoline", isUefi: false, 1);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Mutants_of_the_device_tree_are_refused(bool isUefi) => Judge("dtb", isUefi, TriesAll ? 1 : Stride);

    /// <summary>FreeBSD: environment, device tree, chain, the kernel's and the module's bytes, and the crossing.</summary>
    [Theory]
    [InlineData("trampoline", false, 1)]
    [InlineData("trampoline", true, 11)]
    [InlineData("metadata", false, 23)]
    [InlineData("metadata", true, 23)]
    [InlineData("files", false, 1009)]
    [InlineData("kernel", false, 101)]
    public void Mutants_of_FreeBSD_s_segments_are_refused(string name, bool isUefi, int stride)
    {
        FreeBsdRequest request = TestRequests.OfArm64(FreeBsdArm64PlannerTests.Machine(isUefi));
        Judge(
            FreeBsdArm64Planner.Plan(request),
            name,
            isUefi,
            TriesAll ? 1 : stride,
            request.Machine,
            mutant => FreeBsdArm64PlannerTests.Prove(request, mutant).Holds);
    }

    private void Judge(string name, bool isUefi, int stride)
    {
        Machine machine = Arm64Machines.Read(Arm64Machines.Tree(isUefi));
        LinuxArm64Request request = Arm64Machines.Request(machine);
        Judge(LinuxArm64Planner.Plan(request), name, isUefi, stride, machine, mutant => Holds(request, mutant));
    }

    private void Judge(Handoff handoff, string name, bool isUefi, int stride, Machine machine, Func<Handoff, bool> holds)
    {
        Assert.True(holds(handoff));
        byte[] bytes = handoff.Named(name).Bytes();
        Arm64ProofMachine where = ProofMachines.Arm64(machine);
        string outcome = Outcome(where, handoff);
        RangeSet written = handoff.CrossingWrites;
        PhysicalAddress start = handoff.Named(name).Destination.Start;
        IReadOnlyList<ContentPart> parts = handoff.Named(name).Content.Parts;
        int tried = 0;
        int changed = 0;
        ConcurrentBag<string> survivors = [];
        Parallel.For(0, (bytes.Length * 8 + stride - 1) / stride, i =>
        {
            int bit = i * stride;
            if (!parts.Any(part => bit / 8 >= part.Offset && bit / 8 < part.Offset + part.Length))
            {
                // Zeros between what was loaded: nobody reads them.
                return;
            }

            if (written.Contains(start + (ulong)(bit / 8)))
            {
                // The crossing writes over it.
                return;
            }

            Handoff mutant = Turn(handoff, name, bytes, bit);
            Interlocked.Increment(ref tried);
            if (name != "trampoline" || Outcome(where, mutant) != outcome)
            {
                Interlocked.Increment(ref changed);
                if (holds(mutant))
                {
                    survivors.Add($"{name}+0x{bit / 8:x} bit {bit % 8}");
                }
            }
        });
        double score = 100.0 * (changed - survivors.Count) / changed;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}{(isUefi ? ", UEFI" : "")}: {tried} mutants, {changed} change what the kernel finds, "
            + $"{changed - survivors.Count} refused: {score:0.00} %"));
        foreach (string survivor in survivors.Order(StringComparer.Ordinal))
        {
            string hex = survivor[(name.Length + 3)..survivor.IndexOf(' ', StringComparison.Ordinal)];
            int at = int.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            int length = Math.Min(16, bytes.Length - (at & ~15));
            output.WriteLine($"  survives: {survivor} near {Convert.ToHexString(bytes.AsSpan(at & ~15, length))}");
        }

        Assert.True(changed > tried / 2, $"only {changed} of {tried} mutants change anything");
        Assert.True(score >= (name == "trampoline" ? 99 : 100), $"{score:0.00} %: {string.Join(", ", survivors.Take(20))}");
    }

    private static Handoff Turn(Handoff handoff, string name, byte[] bytes, int bit)
    {
        byte[] turned = [.. bytes];
        turned[bit / 8] ^= (byte)(1 << (bit % 8));
        return handoff.WithBytes(name, turned);
    }

    private static bool Holds(LinuxArm64Request request, Handoff handoff) => Arm64Proof.Run(
        handoff, ProofMachines.Arm64(request.Machine), LinuxArm64Contract.For(request, handoff)).Holds;

    /// <summary>What the next kernel finds in its registers and where the crossing writes, told without the contract.</summary>
    private static string Outcome(Arm64ProofMachine machine, Handoff handoff)
    {
        try
        {
            Arm64Processor processor = Arm64KexecMachine.Create(
                handoff, machine, 2, new Garbage(Seed)).Processor;
            while (processor.ProgramCounter != handoff.KernelEntry.Value && processor.Instructions < Arm64Proof.StepLimit)
            {
                processor.ExecuteNext();
            }

            string memory = string.Concat(handoff.CrossingWrites.Select(range =>
            {
                byte[] bytes = new byte[range.Length];
                processor.Memory.Copy(range.Start.Value, bytes);
                return Convert.ToHexString(bytes);
            }));
            return $"{memory} {processor.ProgramCounter:x} {processor[0]:x} {processor[1]:x} {processor[2]:x} {processor[3]:x} "
                + $"{processor.Pstate & 0x3CF:x} {processor.ReadSystemRegister(Arm64SystemRegister.HcrEl2):x}";
        }
        catch (ProcessorFaultException e)
        {
            return e.Kind;
        }
    }
}
