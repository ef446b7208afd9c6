using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Protocols.LinuxX86.Clauses;

/// <summary>What the page tables map at the kernel's first instruction.</summary>
internal sealed class MappingClauses(LinuxX86Contract contract)
{
    private const ulong Page = 4096;
    private const ulong LargePage = 2 << 20;
    private const string OwnTables = "docs/protocols/linux-x86.md, What the trampoline does";

    public IEnumerable<Clause<X64Arrival>> All =>
    [
        new(
            "mapped-kernel",
            "The kernel and all of its init_size are mapped one to one, to be written and executed.",
            LinuxX86Contract.Boot64,
            Kernel),
        new(
            "mapped-boot-params",
            "boot_params, the setup_data list and the command line are mapped one to one.",
            LinuxX86Contract.Boot64,
            arrival => arrival.SegmentAt(LinuxX86Contract.BootParams(arrival)) is { } segment
                ? Mapped(arrival, segment.Destination)
                : Verdict.Broken($"RSI is 0x{LinuxX86Contract.BootParams(arrival):x}, in no segment")),
        new(
            "mapped-initrd",
            "The initrd is mapped one to one.",
            OwnTables,
            arrival => arrival.Segment("initrd") is { } initrd
                ? Mapped(arrival, initrd.Destination)
                : Verdict.Kept("there is none")),
        new(
            "mapped-firmware",
            "RAM, ACPI tables, EFI runtime regions and the firmware's root tables are mapped one to one.",
            OwnTables,
            arrival => AllMapped(arrival, FirmwareRanges())),
        new(
            "mapped-only",
            "Nothing is mapped outside of the 2 MiB pages that these take: a processor may read ahead where it can.",
            OwnTables,
            Only),
        new("mapped-cached", "Everything is mapped as write-back memory for the supervisor.", OwnTables, Cached),
        new(
            "page-tables",
            "The page tables are well-formed and lie where neither the kernel's first steps nor any segment overwrites them.",
            "boot.rst, init_size",
            Tables),
    ];

    private Verdict Kernel(X64Arrival arrival)
    {
        if (contract.Footprint(arrival) is not { } footprint)
        {
            return Verdict.Broken("it would wrap");
        }

        Verdict loaded = arrival.SegmentAt(contract.KernelStart(arrival)) is { } segment
            ? Mapped(arrival, segment.Destination)
            : Verdict.Broken("it is in no segment");
        return loaded.Holds ? Mapped(arrival, footprint) : loaded;
    }

    private static Verdict Mapped(X64Arrival arrival, PhysicalRange range) =>
        Verdict.Unless(arrival.Space.WhyNotIdentity(range), range.ToString());

    private static Verdict AllMapped(X64Arrival arrival, IEnumerable<PhysicalRange> ranges)
    {
        ulong bytes = 0;
        foreach (PhysicalRange range in ranges)
        {
            if (arrival.Space.WhyNotIdentity(range) is { } problem)
            {
                return Verdict.Broken($"{range}: {problem}");
            }

            bytes += range.Length;
        }

        return Verdict.Kept($"{bytes >> 20} MiB");
    }

    private RangeSet FirmwareRanges()
    {
        Machine machine = contract.Machine;
        PhysicalAddress?[] roots = [machine.AcpiRsdp, machine.Efi?.SystemTable, machine.Efi?.ConfigurationTable];
        return RangeSet.Of(machine.FirmwareMemory
            .Where(region => region.Kind.IsRam || region.Kind == MemoryKind.AcpiTables || region.Kind == MemoryKind.AcpiNvs)
            .Select(region => region.Range)
            .Concat(machine.Efi?.RuntimeMap.Select(descriptor => descriptor.Range) ?? [])
            .Concat(roots.OfType<PhysicalAddress>().Select(root => new PhysicalRange(root.AlignDown(Page), Page))));
    }

    private Verdict Only(X64Arrival arrival)
    {
        RangeSet wanted = FirmwareRanges().Union(arrival.Handoff.Segments.Select(segment => segment.Destination))
            .Union(contract.Footprint(arrival) is { } footprint ? [footprint] : []).GrowTo(LargePage);
        foreach (Mapping mapping in arrival.Space.Mappings)
        {
            if (!PhysicalRange.Fits(new PhysicalAddress(mapping.Linear), mapping.Length))
            {
                return Verdict.Broken($"{mapping}");
            }

            PhysicalRange mapped = new(new PhysicalAddress(mapping.Linear), mapping.Length);
            if (mapping.Linear != mapping.Physical || !wanted.Contains(mapped))
            {
                RangeSet surplus = RangeSet.Of(mapped).Subtract(wanted);
                return Verdict.Broken(surplus.Count > 0 ? $"{surplus[0]} is mapped" : $"{mapping}");
            }
        }

        return Verdict.Kept($"{arrival.Space.Mappings.Count} ranges");
    }

    private static Verdict Cached(X64Arrival arrival)
    {
        foreach (Mapping mapping in arrival.Space.Mappings)
        {
            if ((mapping.Rights & (PageRights.OddCaching | PageRights.User)) != 0)
            {
                return Verdict.Broken($"{mapping}: {mapping.Rights}");
            }
        }

        return Verdict.Kept("all of it");
    }

    private Verdict Tables(X64Arrival arrival)
    {
        if (arrival.Space.Problems is [string first, ..])
        {
            return Verdict.Broken(first);
        }

        if (arrival.State.Cr3 % Page != 0)
        {
            return Verdict.Broken($"CR3 is 0x{arrival.State.Cr3:x}: not the plain address of a table");
        }

        Segment? own = LinuxX86Contract.Own(arrival);
        foreach (ulong number in arrival.Space.Tables)
        {
            PhysicalRange table = new(new PhysicalAddress(number * Page), Page);
            string? problem = own?.Destination.Contains(table) != true ? "is not in the crossing's own segment"
                : contract.Footprint(arrival) is { } footprint && footprint.Overlaps(table) ? "lies in the kernel's init_size"
                : null;
            if (problem is not null)
            {
                return Verdict.Broken($"the table {table} {problem}");
            }
        }

        return Verdict.Kept($"{arrival.Space.Tables.Count} tables, CR3 0x{arrival.State.Cr3:x}");
    }
}
