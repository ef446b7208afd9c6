using System.Globalization;
using Baton.Handoffs;
using Baton.Protocols;
using Baton.Protocols.FreeBsd;
using Baton.Protocols.FreeBsd.Clauses;
using Baton.Tests.Protocols.FreeBsd;
using Baton.Trampolines;

namespace Baton.Tests.Proofs;

/// <summary>
/// As <see cref="FaultInjectionTests"/>, for FreeBSD: bits of the trampoline, of its page tables and stack frame, and of
/// environment, chain and kernel are turned over, and the proof must refuse what the kernel would notice.
/// </summary>
public sealed class FreeBsdFaultInjectionTests(ITestOutputHelper output)
{
    private const int PageSize = 4096;
    private const int FrameOffset = (2 * PageSize) - 16;
    private const int StackEnd = 2 * PageSize;

    /// <summary>Of the bits of page tables, and of data, one in so many is tried: primes, so that each has its turn.</summary>
    private const int TableStride = 211;
    private const int DataStride = 5;

    [Theory]
    [InlineData(true, false, false, 3)]
    [InlineData(true, true, true, 1)]
    [InlineData(false, false, true, 3)]
    public void Mutants_are_refused(bool relocatable, bool uefi, bool fiveLevel, int codeStride)
    {
        FreeBsdRequest request = TestRequests.Of(FreeBsdPlannerTests.Machine(uefi, fiveLevel), relocatable);
        Handoff handoff = FreeBsdPlanner.Plan(request);
        FaultInjection injection = new(
            handoff, ProofMachines.X64(request.Machine), _ => FreeBsdContract.For(request), IsData);
        byte[] trampoline = injection.Content["trampoline"];
        Assert.Equal((int)FreeBsdX64Trampoline.Length, trampoline.Length);
        int code = trampoline.AsSpan(0, PageSize).LastIndexOfAnyExcept((byte)0) + 1;
        int environment = request.Variables.Write().Length;
        byte[] metadata = injection.Content["metadata"];
        int chainEnd = metadata.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        Mutant[] mutants =
        [
            .. Bits("trampoline", 0, code, codeStride),
            .. Bits("trampoline", FrameOffset, 16, 1),
            .. Bits("trampoline", StackEnd, trampoline.Length - StackEnd, TableStride),
            .. Bits("metadata", 0, environment, DataStride),
            .. Bits("metadata", PageSize, chainEnd - PageSize, DataStride),
            .. Bits("kernel", 0, 0x400, 37),
        ];
        (int changed, IReadOnlyList<Mutant> survivors) = injection.Try(mutants);
        Mutant[] unexcused = [.. survivors.Where(mutant => !IsExcused(injection, mutant))];
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{mutants.Length} mutants, {changed} change what the kernel finds, {survivors.Count} survive, "
            + $"{unexcused.Length} of them without a reason"));
        foreach (Mutant mutant in unexcused.Take(16))
        {
            int start = mutant.Offset & ~15;
            byte[] bytes = injection.Content[mutant.Segment];
            output.WriteLine($"{mutant}: {string.Join(", ", injection.Difference(mutant))} near "
                + Convert.ToHexString(bytes.AsSpan(start, Math.Min(32, bytes.Length - start))));
        }

        Assert.True(changed > mutants.Length / 2, $"{changed} of {mutants.Length}");
        Assert.Empty(unexcused);
    }

    private static bool IsData(Mutant mutant) =>
        mutant.Segment != "trampoline" || (mutant.Offset >= FrameOffset && mutant.Offset < StackEnd);

    /// <summary>A register that the kernel sets before it reads it; or CR3 loaded later in time.</summary>
    private static bool IsExcused(FaultInjection injection, Mutant mutant) =>
        !IsData(mutant) && injection.Difference(mutant) is [string only]
        && (only.StartsWith("CR2=", StringComparison.Ordinal) || only.StartsWith("DR3=", StringComparison.Ordinal));

    private static IEnumerable<Mutant> Bits(string segment, int offset, int length, int stride)
    {
        for (int bit = 0; bit < length * 8; bit += stride)
        {
            yield return new Mutant(segment, offset + (bit / 8), bit % 8);
        }
    }
}
