using Baton.Formats.FreeBsd;
using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>Where kernel, files and free memory lie on arm64.</summary>
internal sealed class Arm64PlacementClauses(FreeBsdRequest request)
{
    private const ulong KernBase = FreeBsdKernelFile.KernBaseArm64;
    private const ulong LargePage = 2 << 20;
    private const ulong Block = 1 << 30;

    /// <summary>What the kernel takes behind kernend for its own tables before it can map more: some 2.5 MiB.</summary>
    private const ulong Early = 3 << 20;

    public IEnumerable<Clause<Arm64Arrival>> All =>
    [
        new("entry", "The kernel is entered at the physical address of its e_entry.", FreeBsdArm64Contract.Entry, Entry),
        new(
            "x0-modulep",
            "x0 is modulep: a page boundary behind the kernel, by its virtual address.",
            FreeBsdArm64Contract.Entry,
            ModuleP),
        new("kernel-alignment", "KERNBASE leads to a multiple of 2 MiB.", FreeBsdArm64Contract.Place, Alignment),
        new(
            "one-block",
            "All that the kernel maps at first lies in one GiB, aligned to one.",
            FreeBsdArm64Contract.Place,
            arrival => WithMapped(arrival, OneBlock)),
        new(
            "chain-last",
            "Every file, the environment and the device tree lie below the chain, and the chain ends at kernend.",
            FreeBsdArm64Contract.Place,
            ChainLast),
        new(
            "behind-kernend",
            "What the kernel maps behind kernend is free RAM, 3 MiB at least, and nothing that was loaded lies in it.",
            FreeBsdArm64Contract.Place,
            arrival => WithMapped(arrival, mapped => Behind(arrival, mapped))),
        new("segments", "No two segments overlap, and all of them are RAM that nobody has reserved.", "kexec_load(2)", Segments),
        new(
            "trampoline-apart",
            "The crossing lies outside of all that the kernel maps at first.",
            FreeBsdArm64Contract.Place,
            arrival => WithMapped(arrival, mapped => Apart(arrival, mapped))),
    ];

    private Arm64Preload Look(Arm64Arrival arrival) => new(request.Kernel, arrival);

    private Verdict Entry(Arm64Arrival arrival)
    {
        ulong pc = arrival.Processor.ProgramCounter;
        if (arrival.Segment("kernel") is not { } kernel)
        {
            return Verdict.Broken("the handoff has no kernel");
        }

        // The segment starts on a page of any size, the kernel's first byte somewhere in it.
        ulong lead = (request.Kernel.Start - KernBase) % Look(arrival).Boundary;
        ulong expected = unchecked(kernel.Destination.Start.Value + lead + (request.Kernel.Elf.Entry - request.Kernel.Start));
        return new Verdict(pc == expected, $"pc is 0x{pc:x}, e_entry is at 0x{expected:x}");
    }

    private Verdict ModuleP(Arm64Arrival arrival)
    {
        ulong modulep = Look(arrival).ModuleP;
        return new Verdict(
            modulep >= request.Kernel.End && modulep % DestinationSpace.Page == 0 && Look(arrival).Mapped > 0,
            $"x0 is 0x{modulep:x}");
    }

    private Verdict Alignment(Arm64Arrival arrival)
    {
        ulong start = Look(arrival).KernPhys;
        return new Verdict(start % LargePage == 0, $"KERNBASE leads to 0x{start:x}");
    }

    private Verdict OneBlock(PhysicalRange mapped) =>
        new(mapped.Start.Value / Block == (mapped.End.Value - 1) / Block, mapped.ToString());

    private Verdict? ChainLast(Arm64Arrival arrival)
    {
        Arm64Preload preload = Look(arrival);
        ArrivedChain chain = preload.ReadChain();
        if (chain.Kernel is not { } kernel || kernel.Number(ModInfo.KernEnd) is not { } kernend)
        {
            return null;
        }

        ulong[] ends =
        [
            .. chain.Files.Select(file => unchecked((file.Number(ModInfo.Address) ?? 0) + (file.Number(ModInfo.Size) ?? 0))),
            kernel.Number(ModInfo.Environment) ?? 0,
            kernel.Number(ModInfo.Arm64DeviceTree) ?? 0,
        ];
        ulong end = preload.ModuleP + chain.Length;
        bool isLast = ends.All(other => other <= preload.ModuleP) && end <= kernend && kernend - end < preload.Boundary;
        return new Verdict(isLast, $"[0x{preload.ModuleP:x}, 0x{end:x}), kernend 0x{kernend:x}");
    }

    private Verdict? Behind(Arm64Arrival arrival, PhysicalRange mapped)
    {
        Arm64Preload preload = Look(arrival);
        if (preload.KernEnd == 0 || preload.Physical(preload.KernEnd) is not { } kernend)
        {
            return null;
        }

        PhysicalRange window = PhysicalRange.Between(new PhysicalAddress(kernend), mapped.End);
        Segment? other = arrival.Handoff.Segments.FirstOrDefault(segment => segment.Destination.Overlaps(window));
        string? problem = window.Length < Early ? "is too short"
            : !request.Machine.Usable.Contains(window) ? "is not all free RAM"
            : other is not null ? $"holds {other.Name} {other.Destination}"
            : null;
        return Verdict.Unless(problem is null ? null : $"{window} {problem}", window.ToString());
    }

    private Verdict Segments(Arm64Arrival arrival)
    {
        PhysicalAddress end = PhysicalAddress.Zero;
        foreach (Segment segment in arrival.Handoff.Segments.OrderBy(segment => segment.Destination))
        {
            if (segment.Destination.Start < end || !request.Machine.Usable.Contains(segment.Destination))
            {
                return Verdict.Broken($"{segment.Name} {segment.Destination} overlaps another, or is not all RAM that is free");
            }

            end = segment.Destination.End;
        }

        return Verdict.Kept($"{arrival.Handoff.Segments.Count} segments");
    }

    private static Verdict Apart(Arm64Arrival arrival, PhysicalRange mapped) =>
        arrival.Handoff.Segments.FirstOrDefault(segment => segment.Destination.Contains(arrival.Handoff.Entry)) is { } own
            ? new Verdict(!own.Destination.Overlaps(mapped), $"{own.Destination}, and the kernel maps {mapped}")
            : Verdict.Broken("it is in no segment");

    /// <summary>Null when it is not known what the kernel maps, which another clause says.</summary>
    private Verdict? WithMapped(Arm64Arrival arrival, Func<PhysicalRange, Verdict?> judge)
    {
        Arm64Preload preload = Look(arrival);
        PhysicalAddress start = new(preload.KernPhys);
        return preload.Mapped > 0 && PhysicalRange.Fits(start, preload.Mapped)
            ? judge(new PhysicalRange(start, preload.Mapped))
            : null;
    }
}
