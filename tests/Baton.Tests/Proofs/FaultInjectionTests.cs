using System.Buffers.Binary;
using System.Globalization;
using Baton.Formats.BzImage;
using Baton.Machines;
using Baton.Memory;
using Baton.Protocols.LinuxX86;
using Baton.Tests.Protocols;

namespace Baton.Tests.Proofs;

/// <summary>
/// The proof is worth what it refuses: each bit of the trampoline, its GDT and page tables, and of boot_params' segment
/// is turned over, and at least 99 of 100 mutants that change what the next kernel finds must be refused. Every
/// survivor must be on the list of those with a reason. Of page-table entries that only repeat their neighbours, one in
/// eight is tried, unless BATON_ALL_MUTANTS is set: see tools/fault-injection.
/// </summary>
public sealed class FaultInjectionTests(ITestOutputHelper output)
{
    private const int PageSize = 4096;
    private const int EntrySize = 8;

    /// <summary>Code, GDT and constants are in the first page, the stack is the second, the tables follow.</summary>
    private const int StackOffset = PageSize;
    private const int TablesOffset = 2 * PageSize;

    /// <summary>Of the bits of an empty entry other than "present", which do nothing, one in so many is tried.</summary>
    private const int EmptyEntryStride = 61;

    private const int PresentEntryStride = 8;

    private static readonly bool IsFull = Environment.GetEnvironmentVariable("BATON_ALL_MUTANTS") is { Length: > 0 };

    [Theory]
    [InlineData("4 levels", false, true)]
    [InlineData("5 levels", true, true)]
    [InlineData("5 levels left for 4", true, false)]
    public void Mutants_of_the_trampoline_are_refused(string name, bool fiveLevel, bool kernelTakes5Level)
    {
        Machine machine = Machine(TestMachines.Bios(), fiveLevel);
        FaultInjection injection = new(machine, TestKernels.Modern with { Takes5Level = kernelTakes5Level });
        byte[] bytes = injection.Content["trampoline"];
        IEnumerable<Mutant> code = Bits("trampoline", 0, UsedBytes(bytes));
        IEnumerable<Mutant> tables = Enumerable.Range(TablesOffset / EntrySize, (bytes.Length - TablesOffset) / EntrySize)
            .SelectMany(entry => TableBits(bytes, entry * EntrySize));
        Judge(injection, $"trampoline, {name}", [.. code, .. tables], Survives);

        string? Survives(Mutant mutant) => injection.Difference(mutant) is not [string only] ? null
            : only.StartsWith("RSP=", StringComparison.Ordinal)
                ? "the stack is another page of the crossing's own that nobody uses"
            : only.StartsWith("CR2=", StringComparison.Ordinal) || only.StartsWith("DR3=", StringComparison.Ordinal)
                ? "a register that the kernel sets before it reads it; CR3 is loaded later in time"
            : null;
    }

    [Theory]
    [InlineData("BIOS")]
    [InlineData("UEFI")]
    public void Mutants_of_boot_params_are_refused(string firmware)
    {
        Machine machine = Machine(firmware == "UEFI" ? Uefi() : TestMachines.Bios(), fiveLevel: false);
        FaultInjection injection = new(machine, TestKernels.Modern);
        byte[] bytes = injection.Content["boot_params"];
        (int seed, int seedLength) = SeedNode(injection);
        byte[] other = IsFull || firmware != "UEFI" ? [] : new FaultInjection(
            Machine(TestMachines.Bios(), fiveLevel: false), TestKernels.Modern).Content["boot_params"];
        IEnumerable<Mutant> mutants = Bits("boot_params", 0, bytes.Length)
            .Where(mutant => mutant.Offset >= other.Length || other[mutant.Offset] != bytes[mutant.Offset]);
        Judge(injection, $"boot_params, {firmware}", [.. mutants], Survives);

        string? Survives(Mutant mutant) =>
            mutant.Offset >= seed && mutant.Offset < seed + seedLength ? "random bytes: any value is right"
            : mutant.Offset >= BootParamsFields.Size && bytes[mutant.Offset] == 0 ? "padding between the nodes"
            : null;
    }

    private void Judge(FaultInjection injection, string name, Mutant[] mutants, Func<Mutant, string?> reason)
    {
        (int changed, IReadOnlyList<Mutant> survivors) = injection.Try(mutants);
        int excused = survivors.Count(mutant => reason(mutant) is not null);
        double score = 100.0 * (changed - survivors.Count) / (changed - excused);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {mutants.Length} mutants, {changed} change what the kernel finds, "
            + $"{changed - survivors.Count} refused: {score:0.00} %"));
        foreach (IGrouping<string, Mutant> group in survivors.GroupBy(mutant => reason(mutant) ?? "WITHOUT A REASON"))
        {
            output.WriteLine($"  {group.Count()} survive, {group.Key}:");
            foreach (Mutant mutant in group.Take(3))
            {
                output.WriteLine($"    {mutant}: {string.Join(", ", injection.Difference(mutant))}");
            }
        }

        Assert.True(changed > 0);
        Assert.All(survivors, mutant => Assert.NotNull(reason(mutant)));
        Assert.True(score >= 99, $"{score:0.00} %");
    }

    private static Machine Machine(Machine machine, bool fiveLevel) =>
        machine with { Processor = machine.Processor with { La57 = fiveLevel, PhysicalBits = 52 } };

    /// <summary>The other test machine's system table lies beyond what 4 levels of page tables reach.</summary>
    private static Machine Uefi()
    {
        Machine machine = TestMachines.Uefi();
        return machine with { Efi = machine.Efi! with { SystemTable = new PhysicalAddress(0x7f00_6000) } };
    }

    private static int UsedBytes(byte[] trampoline) => trampoline.AsSpan(0, StackOffset).LastIndexOfAnyExcept((byte)0) + 1;

    private static IEnumerable<Mutant> Bits(string segment, int offset, int length) =>
        from i in Enumerable.Range(offset, length)
        from bit in Enumerable.Range(0, 8)
        select new Mutant(segment, i, bit);

    private static IEnumerable<Mutant> TableBits(byte[] bytes, int offset)
    {
        bool isPresent = (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(offset)) & 1) != 0;
        bool isTried = isPresent && (IsFull || offset / EntrySize % PresentEntryStride == 0);
        return Bits("trampoline", offset, EntrySize).Where(mutant =>
            isTried || (mutant.Bit == 0 && mutant.Offset == offset)
            || ((mutant.Offset * 8) + mutant.Bit) % EmptyEntryStride == 0);
    }

    /// <summary>Where in boot_params' segment the data of SETUP_RNG_SEED is.</summary>
    private static (int Offset, int Length) SeedNode(FaultInjection injection)
    {
        byte[] bytes = injection.Content["boot_params"];
        byte[] seed = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
        int at = bytes.AsSpan().IndexOf(seed);
        Assert.True(at > BootParamsFields.Size);
        return (at, seed.Length);
    }
}
