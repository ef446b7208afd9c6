using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Protocols.LinuxX86.Clauses;
using Baton.Trampolines;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>
/// What a FreeBSD kernel on amd64 must find at <c>btext</c>: the demands of docs/protocols/freebsd.md. Judged from the
/// simulated machine's registers, page tables and memory; what should be there comes from the request, and is not taken
/// from the planner's results.
/// </summary>
public sealed class FreeBsdContract
{
    internal const string Entry = "docs/protocols/freebsd.md, The entry on amd64";
    internal const string Mapping = "docs/protocols/freebsd.md, What is mapped";
    internal const string Behind = "docs/protocols/freebsd.md, Behind kernend";
    internal const string Chain = "docs/protocols/freebsd.md, The metadata chain";

    private const ulong KernBase = FreeBsdX64Trampoline.KernBase;
    private const ulong LargePage = FreeBsdX64Trampoline.LargePage;

    private FreeBsdContract(FreeBsdRequest request) => Request = request;

    internal FreeBsdRequest Request { get; }

    internal Machine Machine => Request.Machine;

    /// <summary>The contract for one request.</summary>
    public static Contract<X64Arrival> For(FreeBsdRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        FreeBsdContract contract = new(request);
        return new Contract<X64Arrival>(
            FreeBsdPlanner.Protocol,
            [
                .. EntryClauses.All,
                .. new MappingClauses(contract).All,
                .. new PlacementClauses(contract).All,
                .. new KernelClauses(request, Mapping).All.Select(Seen),
                .. new ChainClauses(request, Chain).All.Select(Seen),
                .. new FirmwareClauses(contract).All,
            ]);
    }

    private static Clause<X64Arrival> Seen(Clause<ArrivedPreload> clause) =>
        clause.Seen((X64Arrival arrival) => new X64Preload(arrival));

    /// <summary>modulep, as the kernel reads it from the stack.</summary>
    internal static ulong ModuleP(X64Arrival arrival) => Argument(arrival, 4);

    /// <summary>kernend, as the kernel reads it from the stack.</summary>
    internal static ulong KernEnd(X64Arrival arrival) => Argument(arrival, 8);

    /// <summary>
    /// Where the page tables say that KERNSTART lies, as the kernel finds it out: PML4, PDPT and PD are read at their
    /// physical addresses. Null when the way to it is not made of tables and a page of 2 MiB.
    /// </summary>
    internal static ulong? KernPhys(X64Arrival arrival)
    {
        const ulong frame = 0x000f_ffff_ffff_f000;
        const ulong present = 1;
        const ulong large = 0x80;
        ulong pml4 = arrival.Read64((arrival.State.Cr3 & frame) + (511 * 8));
        ulong pdpt = arrival.Read64((pml4 & frame) + (510 * 8));
        ulong pde = arrival.Read64((pdpt & frame) + 8);
        bool isRight = (pml4 & present) != 0 && (pdpt & (present | large)) == present
            && (pde & (present | large)) == (present | large);
        return isRight ? pde & frame : null;
    }

    /// <summary>The physical address of bytes above KERNBASE, by the tables; null when they are not mapped.</summary>
    internal static ulong? Physical(X64Arrival arrival, ulong address)
    {
        if (address > ulong.MaxValue - KernBase)
        {
            return null;
        }

        ulong linear = KernBase + address;
        foreach (Mapping mapping in arrival.Space.Mappings)
        {
            if (linear >= mapping.Linear && linear - mapping.Linear < mapping.Length)
            {
                return mapping.Physical + (linear - mapping.Linear);
            }
        }

        return null;
    }

    internal static ArrivedChain ReadChain(X64Arrival arrival) =>
        new X64Preload(arrival).ReadChain();

    /// <summary>The memory that the kernel takes before it reads its map; null when it is not known where that is.</summary>
    internal PhysicalRange? Window(X64Arrival arrival)
    {
        if (KernPhys(arrival) is not { } kernPhys)
        {
            return null;
        }

        // A legacy kernel takes kernend for a physical address, a relocatable one adds its own.
        ulong kernend = KernEnd(arrival);
        ulong extra = Request.Kernel.Relocatable ? LargePage : 0;
        ulong staging = unchecked(kernPhys - LargePage);
        PhysicalAddress start = new(unchecked(staging + kernend));
        ulong length = FreeBsdPlanner.SlopFor(Machine) + extra;
        return PhysicalRange.Fits(start, length) ? new PhysicalRange(start, length) : null;
    }

    internal static Segment? Own(X64Arrival arrival) => arrival.SegmentAt(arrival.Handoff.Entry.Value);

    /// <summary>A number of 32 bits on the stack, through the page tables.</summary>
    private static ulong Argument(X64Arrival arrival, int offset)
    {
        ulong linear = unchecked(arrival.State[X64Register.Rsp] + (ulong)offset);
        foreach (Mapping mapping in arrival.Space.Mappings)
        {
            if (linear >= mapping.Linear && linear - mapping.Linear < mapping.Length)
            {
                return BitConverter.ToUInt32(arrival.Read(mapping.Physical + (linear - mapping.Linear), sizeof(uint)));
            }
        }

        return 0;
    }
}
