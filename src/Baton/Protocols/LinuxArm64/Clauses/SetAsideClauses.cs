using Baton.Formats.DeviceTrees;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;

namespace Baton.Protocols.LinuxArm64.Clauses;

/// <summary>The memory that the tree sets aside: by its reservation block, and by what must not be mapped.</summary>
internal sealed class SetAsideClauses(LinuxArm64Contract contract)
{
    public IEnumerable<Clause<Arm64Arrival>> All =>
    [
        new("device-tree-reservations",
            "The memory reservations are the running kernel's without its initrd and tree, and those of the new ones.",
            "booting.rst, Call the kernel image: what is not reserved is available", Reservations),
        new("device-tree-no-map",
            "What the running kernel's tree forbids to map is no-map in the tree, and is not reserved in any other way.",
            "dt-schema, reserved-memory.yaml; drivers/of/fdt.c", NoMap),
    ];

    /// <summary>The nodes that the given tree does not have, and that forbid to map what the running kernel's forbids.</summary>
    public static IEnumerable<DeviceNode> Added(LinuxArm64Contract contract, DeviceTree tree)
    {
        if (!contract.IsGiven || tree.Root.Child("reserved-memory") is not { } parent)
        {
            yield break;
        }

        if (contract.Base?.Root.Child("reserved-memory") is null && Has(parent, "#address-cells", "#size-cells", "ranges"))
        {
            yield return parent;
        }

        RangeSet forbidden = NoMapOf(contract.Running);
        foreach (DeviceNode node in parent.Children.Where(node => contract.Base?.Find(node.Path) is null
            && Has(node, "no-map", "reg")))
        {
            if (tree.ReservedRegions().Where(region => region.Path == node.Path)
                .All(region => region.Range is { } range && forbidden.Contains(range)))
            {
                yield return node;
            }
        }
    }

    private static bool Has(DeviceNode node, params IEnumerable<string> names) =>
        node.Properties.Select(property => property.Name).Order(StringComparer.Ordinal).SequenceEqual(names)
        && DeviceTreeClauses.LineOf(node) == node.Path
        && node.Properties.All(property => !property.Padding.Span.ContainsAnyExcept((byte)0));

    private Verdict? Reservations(Arm64Arrival arrival)
    {
        if ((DeviceTreeClauses.Read(arrival), contract.Base) is not ({ } tree, { } basis)
            || DeviceTreeClauses.Blob(arrival) is not { } blob)
        {
            return null;
        }

        List<PhysicalRange> expected = [.. RunningDeviceTree.LastingReservations(basis), blob];
        if (ChosenClauses.ExpectedInitrd(contract, arrival) is { } initrd)
        {
            expected.Add(initrd);
        }

        if (!contract.IsGiven)
        {
            return Same(tree.Reservations.Order(), expected.Order());
        }

        // Two trees may say the same in other pieces: what counts is the memory.
        IEnumerable<PhysicalRange> running = contract.Running is not { } old ? [] :
        [
            .. RunningDeviceTree.LastingReservations(old),
            .. old.ReservedRegions().Where(region => !region.NoMap && !region.Reusable).Select(region => region.Range)
                .OfType<PhysicalRange>(),
        ];
        return Same(
            RangeSet.Of(tree.Reservations),
            RangeSet.Of([.. expected, .. running]).Subtract(NoMapOf(contract.Running)).Subtract(NoMapOf(basis)));
    }

    private static Verdict Same(IEnumerable<PhysicalRange> found, IEnumerable<PhysicalRange> expected) => new(
        found.SequenceEqual(expected), $"found {string.Join(' ', found)}, expected {string.Join(' ', expected)}");

    private Verdict? NoMap(Arm64Arrival arrival)
    {
        if (DeviceTreeClauses.Read(arrival) is not { } tree)
        {
            return null;
        }

        RangeSet forbidden = NoMapOf(contract.Running);
        DeviceNode? parent = tree.Root.Child("reserved-memory");
        bool isHeeded = !contract.IsGiven
            || (parent?.AddressCells() == tree.Root.AddressCells() && parent.SizeCells() == tree.Root.SizeCells());
        RangeSet lost = isHeeded ? forbidden.Subtract(NoMapOf(tree)) : forbidden;
        if (!contract.IsGiven || lost.Count > 0)
        {
            // What else the running kernel's own tree says of such memory, the machine is used to.
            return new Verdict(lost.Count == 0, lost.Count == 0 ? $"{forbidden.Count} ranges" : $"{lost} may be mapped");
        }

        PhysicalRange? twice = tree.Reservations
            .Concat(tree.ReservedRegions().Where(region => !region.NoMap).Select(region => region.Range).OfType<PhysicalRange>())
            .Where(forbidden.Overlaps).Select(range => (PhysicalRange?)range).FirstOrDefault();
        return Verdict.Unless(
            twice is null ? null : $"{twice} is reserved as well, and may be mapped by that", $"{forbidden.Count} ranges");
    }

    private static RangeSet NoMapOf(DeviceTree? tree)
    {
        List<PhysicalRange> ranges = [];
        foreach (ReservedRegion region in tree?.ReservedRegions() ?? [])
        {
            if (region is { NoMap: true, Range: { } range })
            {
                ranges.Add(range);
            }
        }

        return RangeSet.Of(ranges);
    }
}
