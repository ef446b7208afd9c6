using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Trampolines;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>What the page tables at btext map.</summary>
internal sealed class MappingClauses(FreeBsdContract contract)
{
    private const ulong KernBase = FreeBsdX64Trampoline.KernBase;
    private const ulong LargePage = FreeBsdX64Trampoline.LargePage;
    private const ulong FourGiB = 1UL << 32;

    public IEnumerable<Clause<X64Arrival>> All =>
    [
        new(
            "kernel-page",
            "The directory entry of KERNSTART is a page of 2 MiB, and its address is the kernel's.",
            FreeBsdContract.Mapping,
            KernelPage),
        new(
            "page-tables",
            "No entry of the page tables breaks a rule, and the tables are the crossing's own, mapped to themselves.",
            FreeBsdContract.Mapping,
            Tables),
        new(
            "identity",
            "The lowest 4 GiB are mapped to themselves, for writing and execution.",
            FreeBsdContract.Mapping,
            arrival => Verdict.Unless(
                arrival.Space.WhyNotIdentity(new PhysicalRange(PhysicalAddress.Zero, FourGiB)), "all of them")),
        new(
            "bios-data",
            "The lowest 2 MiB above KERNBASE lead to physical address 0, where old kernels store a word at 0x472.",
            FreeBsdContract.Mapping,
            BiosData),
        new(
            "kernbase",
            "All else above KERNBASE leads to one run of memory, writable, with nothing between and nothing besides.",
            FreeBsdContract.Mapping,
            Window),
    ];

    private Verdict KernelPage(X64Arrival arrival)
    {
        if (FreeBsdContract.KernPhys(arrival) is not { } kernPhys)
        {
            return Verdict.Broken("it is not mapped by a page of 2 MiB");
        }

        bool isRight = kernPhys % LargePage == 0 && arrival.Segment("kernel")?.Destination is { } kernel
            && kernel.Start.Value == kernPhys + ((contract.Request.Kernel.Start - KernBase - LargePage) & ~4095UL)
            && (contract.Request.Kernel.Relocatable || kernPhys == LargePage);
        return new Verdict(isRight, $"it is 0x{kernPhys:x}");
    }

    private static Verdict Tables(X64Arrival arrival)
    {
        // The kernel takes CR3 for a pointer, as it is.
        if (arrival.State.Cr3 % PageTables.PageSize != 0)
        {
            return Verdict.Broken($"CR3 is 0x{arrival.State.Cr3:x}");
        }

        if (arrival.Space.Problems.Count > 0)
        {
            return Verdict.Broken(arrival.Space.Problems[0]);
        }

        foreach (ulong number in arrival.Space.Tables)
        {
            PhysicalRange table = new(new PhysicalAddress(number * PageTables.PageSize), PageTables.PageSize);
            if (FreeBsdContract.Own(arrival)?.Destination.Contains(table) != true
                || arrival.Space.WhyNotIdentity(table) is not null)
            {
                return Verdict.Broken($"the table at {table.Start} is not the crossing's own, or not mapped to itself");
            }
        }

        return Verdict.Kept($"{arrival.Space.Tables.Count} tables");
    }

    private static Verdict BiosData(X64Arrival arrival) => new(
        FreeBsdContract.Physical(arrival, 0) == 0 && FreeBsdContract.Physical(arrival, LargePage - 1) == LargePage - 1,
        $"KERNBASE leads to 0x{FreeBsdContract.Physical(arrival, 0) ?? ulong.MaxValue:x}");

    private static Verdict Window(X64Arrival arrival)
    {
        if (FreeBsdContract.KernPhys(arrival) is not { } kernPhys)
        {
            return Verdict.Broken("the kernel is not mapped");
        }

        const PageRights rights = PageRights.Write | PageRights.Execute;
        List<Mapping> expected = [new Mapping(0, FourGiB, 0, rights), new Mapping(KernBase, LargePage, 0, rights)];
        Mapping rest = new(KernBase + LargePage, unchecked(0UL - KernBase - LargePage), kernPhys, rights);
        if (kernPhys == LargePage)
        {
            expected[1] = expected[1] with { Length = LargePage + rest.Length };
        }
        else
        {
            expected.Add(rest);
        }

        IReadOnlyList<Mapping> found = arrival.Space.Mappings;
        for (int i = 0; i < Math.Max(found.Count, expected.Count); i++)
        {
            if (i >= found.Count || i >= expected.Count || found[i] != expected[i])
            {
                return Verdict.Broken(i < found.Count ? $"{found[i]}, {found[i].Rights}" : $"{expected[i]} is missing");
            }
        }

        return Verdict.Kept($"2046 MiB from 0x{kernPhys:x}");
    }
}
