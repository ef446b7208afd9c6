using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Protocols.LinuxX86.Clauses;

/// <summary>Where kernel and segments lie.</summary>
internal sealed class PlacementClauses(LinuxX86Contract contract)
{
    public IEnumerable<Clause<X64Arrival>> All =>
    [
        new(
            "entry",
            "The kernel is entered at its 64-bit entry, with its own bytes in place from its start on.",
            LinuxX86Contract.Boot64,
            Entry),
        new(
            "kernel-place",
            "The kernel starts at pref_address, or where kernel_alignment allows if it is relocatable.",
            "boot.rst, relocatable_kernel, kernel_alignment and pref_address",
            KernelPlace),
        new(
            "kernel-limit",
            "Kernel, initrd and boot_params end below 4 GiB unless the kernel has XLF_CAN_BE_LOADED_ABOVE_4G.",
            "boot.rst, xloadflags",
            Limit),
        new(
            "init-size",
            "init_size bytes from the kernel's start, or from pref_address if that is higher, are RAM of its own.",
            "boot.rst, init_size and pref_address",
            InitSize),
        new("segments", "No two segments overlap, and all of them are RAM.", "kexec_load(2)", Segments),
    ];

    private Verdict Entry(X64Arrival arrival)
    {
        ulong start = contract.KernelStart(arrival);
        string seen = $"RIP is 0x{arrival.State.Rip:x}, 0x{contract.Kernel.EntryOffset:x} bytes from 0x{start:x}";
        return arrival.SegmentAt(start) is { } segment && segment.Destination.Start.Value == start
            && ReferenceEquals(segment.Content, contract.Kernel.Content)
            && segment.Destination.Length >= contract.Kernel.LoadedLength
            ? Verdict.Kept(seen)
            : Verdict.Broken($"{seen}, where the kernel's bytes do not begin");
    }

    private Verdict KernelPlace(X64Arrival arrival)
    {
        PhysicalAddress start = new(contract.KernelStart(arrival));
        LinuxX86Kernel kernel = contract.Kernel;
        bool isRight = start == kernel.Preferred || (kernel.Relocatable && start.IsAligned(kernel.Alignment));
        string others = kernel.Relocatable ? $"or a multiple of 0x{kernel.Alignment:x}" : "and no other";
        return new Verdict(isRight, start == kernel.Preferred
            ? $"{start}, the preferred one"
            : $"{start}; preferred is {kernel.Preferred}, {others}");
    }

    private Verdict Limit(X64Arrival arrival)
    {
        if (contract.Kernel.Above4GiB)
        {
            return Verdict.Kept("the kernel can be above");
        }

        Segment? high = arrival.Handoff.Segments.FirstOrDefault(segment => segment.Destination.End > PhysicalAddress.FourGiB);
        return Verdict.Unless(high is null ? null : $"{high.Name} {high.Destination}", "all below");
    }

    private Verdict InitSize(X64Arrival arrival)
    {
        if (contract.Footprint(arrival) is not { } footprint)
        {
            return Verdict.Broken("it would wrap");
        }

        if (!contract.Machine.FirmwareMemory.Ram.Contains(footprint))
        {
            return Verdict.Broken($"{footprint} is not all RAM");
        }

        Segment? other = arrival.Handoff.Segments.FirstOrDefault(
            segment => segment.Destination.Start.Value != contract.KernelStart(arrival)
                && segment.Destination.Overlaps(footprint));
        return Verdict.Unless(
            other is null ? null : $"{other.Name} {other.Destination} lies in {footprint}", footprint.ToString());
    }

    private Verdict Segments(X64Arrival arrival)
    {
        RangeSet ram = contract.Machine.FirmwareMemory.Ram;
        PhysicalAddress end = PhysicalAddress.Zero;
        foreach (Segment segment in arrival.Handoff.Segments.OrderBy(segment => segment.Destination))
        {
            string? problem = segment.Destination.Start < end ? "overlaps the one below it"
                : !ram.Contains(segment.Destination) ? "is not all RAM"
                : null;
            if (problem is not null)
            {
                return Verdict.Broken($"{segment.Name} {segment.Destination} {problem}");
            }

            end = segment.Destination.End;
        }

        return Verdict.Kept($"{arrival.Handoff.Segments.Count} segments");
    }
}
