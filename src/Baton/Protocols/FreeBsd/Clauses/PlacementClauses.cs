using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>Where kernel, files and free memory lie.</summary>
internal sealed class PlacementClauses(FreeBsdContract contract)
{
    public IEnumerable<Clause<X64Arrival>> All =>
    [
        new("entry", "The kernel is entered at its e_entry.", FreeBsdContract.Entry, arrival => new Verdict(
            arrival.State.Rip == contract.Request.Kernel.Elf.Entry, $"RIP is 0x{arrival.State.Rip:x}")),
        new(
            "behind-kernend",
            "The window behind physfree is RAM, below 4 GiB, and nothing that was loaded lies in it.",
            FreeBsdContract.Behind,
            Behind),
        new(
            "segments",
            "No two segments overlap, and all of them are RAM, or ACPI NVS under a kernel that runs at 2 MiB alone.",
            "kexec_load(2)",
            Segments),
        new(
            "trampoline-apart",
            "The crossing's code, stack and page tables lie below 4 GiB and outside of all that the kernel takes first.",
            FreeBsdContract.Behind,
            Apart),
    ];

    /// <summary>RAM, and what a kernel that cannot be moved may lie over.</summary>
    private RangeSet Writable => contract.Machine.FirmwareMemory.Ram.Union(LegacyMemory.Extra(contract.Request));

    private Verdict Behind(X64Arrival arrival)
    {
        if (contract.Window(arrival) is not { } window)
        {
            return Verdict.Broken("it is not known where");
        }

        Segment? other = arrival.Handoff.Segments.FirstOrDefault(segment => segment.Destination.Overlaps(window));
        string? problem = !Writable.Contains(window) ? "is not all RAM"
            : window.End > PhysicalAddress.FourGiB ? "reaches above 4 GiB"
            : !window.Start.IsAligned(DestinationSpace.Page) ? "starts on no page boundary"
            : other is not null ? $"holds {other.Name} {other.Destination}"
            : null;
        return Verdict.Unless(problem is null ? null : $"{window} {problem}", window.ToString());
    }

    private Verdict Segments(X64Arrival arrival)
    {
        RangeSet ram = Writable;
        PhysicalAddress end = PhysicalAddress.Zero;
        foreach (Segment segment in arrival.Handoff.Segments.OrderBy(segment => segment.Destination))
        {
            if (segment.Destination.Start < end || !ram.Contains(segment.Destination))
            {
                return Verdict.Broken($"{segment.Name} {segment.Destination} overlaps another, or is not all RAM");
            }

            end = segment.Destination.End;
        }

        return Verdict.Kept($"{arrival.Handoff.Segments.Count} segments");
    }

    private Verdict Apart(X64Arrival arrival)
    {
        if (FreeBsdContract.Own(arrival)?.Destination is not { } own || contract.Window(arrival) is not { } window
            || FreeBsdContract.KernPhys(arrival) is not { } kernPhys || kernPhys > window.End.Value)
        {
            return Verdict.Broken("it is not known where they are");
        }

        PhysicalRange taken = PhysicalRange.Between(new PhysicalAddress(kernPhys), window.End);
        return new Verdict(!own.Overlaps(taken) && own.End <= PhysicalAddress.FourGiB, $"{own}, and the kernel takes {taken}");
    }
}
