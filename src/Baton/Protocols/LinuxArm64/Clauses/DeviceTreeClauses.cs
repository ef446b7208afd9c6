using Baton.Bytes;
using Baton.Formats.DeviceTrees;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;

namespace Baton.Protocols.LinuxArm64.Clauses;

/// <summary>The device tree as the kernel finds it at x0, its /chosen apart.</summary>
internal sealed class DeviceTreeClauses(LinuxArm64Contract contract)
{
    private const ulong TwoMiB = 2 << 20;
    private const ulong BlobAlignment = 8;

    public IEnumerable<Clause<Arm64Arrival>> All =>
    [
        new("device-tree-aligned", "The device tree is on an 8-byte boundary.", LinuxArm64Contract.SetupTree, Aligned),
        new("device-tree-size", "The device tree has at most 2 MiB, all of them in RAM.", LinuxArm64Contract.SetupTree, Size),
        new("device-tree-boundary", "The device tree crosses no multiple of 2 MiB.", LinuxArm64Contract.SetupTree, Boundary),
        new("device-tree-parses", "The device tree can be read back, with nothing behind it or between its blocks.",
            "Devicetree Specification v0.4, section 5", Parses),
        new("device-tree-processor", "boot_cpuid_phys is that of the running kernel's tree, or of the given one.",
            "Devicetree Specification v0.4, section 5.2", Processor),
        new("device-tree-memory", "The memory nodes are the machine's, or the EFI memory map takes their place.",
            LinuxArm64Contract.OwnPromise, Memory),
        new("device-tree-nodes",
            "Every node but /chosen has the properties that the running kernel's tree, or the given one, has; a given one's "
            + "are joined by what must not be mapped.",
            LinuxArm64Contract.OwnPromise, Nodes),
    ];

    /// <summary>Reads the tree at x0; null where there is none.</summary>
    public static DeviceTree? Read(Arm64Arrival arrival)
    {
        if (Blob(arrival) is not { } range)
        {
            return null;
        }

        try
        {
            return DeviceTree.Parse(arrival.Read(range.Start.Value, (int)range.Length), "x0");
        }
        catch (ImageFormatException)
        {
            return null;
        }
    }

    /// <summary>What header and x0 say that the tree is; null when there is no such memory.</summary>
    public static PhysicalRange? Blob(Arm64Arrival arrival)
    {
        ulong start = arrival.Processor[0];
        if (!arrival.IsWritten(start, DeviceTreeFields.HeaderSize))
        {
            return null;
        }

        ByteView head = new(arrival.Read(start, DeviceTreeFields.HeaderSize), "x0");
        ulong length = DeviceTreeFields.TotalSize.Read(head);
        return DeviceTreeFields.Magic.Read(head) == DeviceTreeFields.MagicValue && length <= TwoMiB
            && arrival.IsWritten(start, length)
            ? new PhysicalRange(new PhysicalAddress(start), length)
            : null;
    }

    private static Verdict Aligned(Arm64Arrival arrival) =>
        new(arrival.Processor[0] % BlobAlignment == 0, $"x0 is 0x{arrival.Processor[0]:x}");

    private Verdict Size(Arm64Arrival arrival) => Blob(arrival) is { } blob
        ? new Verdict(contract.Machine.FirmwareMemory.Ram.Contains(blob), $"0x{blob.Length:x} bytes at {blob}")
        : Verdict.Broken("no tree of at most 2 MiB is there");

    private static Verdict? Boundary(Arm64Arrival arrival) => Blob(arrival) is not { IsEmpty: false } blob ? null
        : new Verdict(blob.Start.AlignDown(TwoMiB) == (blob.End - 1).AlignDown(TwoMiB), $"{blob}");

    /// <summary>Written again it must be the same: so no byte of it is without a meaning.</summary>
    private static Verdict? Parses(Arm64Arrival arrival)
    {
        if (Blob(arrival) is not { } blob)
        {
            return null;
        }

        byte[] bytes = arrival.Read(blob.Start.Value, (int)blob.Length);
        try
        {
            DeviceTree tree = DeviceTree.Parse(bytes, "x0");
            bool isPadded = tree.Root.Child(ChosenProperties.Node)?.Properties.All(property =>
                !ChosenProperties.Stale.Contains(property.Name) || !property.Padding.Span.ContainsAnyExcept((byte)0)) ?? true;
            return new Verdict(
                isPadded && tree.ToFreshArray().AsSpan().SequenceEqual(bytes), $"{tree.Root.Subtree().Count()} nodes");
        }
        catch (ImageFormatException e)
        {
            return Verdict.Broken(e.Message);
        }
    }

    private Verdict? Processor(Arm64Arrival arrival) => (Read(arrival), contract.Base) is ({ } tree, { } basis)
        ? new Verdict(tree.BootCpuidPhys == basis.BootCpuidPhys, $"boot_cpuid_phys {tree.BootCpuidPhys}")
        : null;

    private Verdict? Memory(Arm64Arrival arrival)
    {
        if (Read(arrival) is not { } tree)
        {
            return null;
        }

        IReadOnlyList<MemoryBank> banks = BanksOf(tree);
        bool isMachines = contract.Running is not { } running
            ? RangeSet.Of(banks.Select(bank => bank.Range)).SequenceEqual(contract.Machine.SystemRam)
            : contract.IsGiven
                ? banks.Select(bank => (bank.Range, bank.Hotpluggable))
                    .SequenceEqual(BanksOf(running).Select(bank => (bank.Range, bank.Hotpluggable)))
                : banks.SequenceEqual(BanksOf(running));
        return !isMachines ? Verdict.Broken("the banks differ from the machine's")
            : banks.Count > 0 ? Verdict.Kept(string.Join(' ', banks.Select(bank => bank.Range)))
            : new Verdict(tree.HasUefiMap(), tree.HasUefiMap() ? "none, the EFI memory map" : "none, and no EFI memory map");
    }

    private static IReadOnlyList<MemoryBank> BanksOf(DeviceTree tree)
    {
        try
        {
            return tree.MemoryBanks();
        }
        catch (ImageFormatException)
        {
            return [];
        }
    }

    private Verdict? Nodes(Arm64Arrival arrival)
    {
        if ((Read(arrival), contract.Base) is not ({ } tree, { } basis))
        {
            return null;
        }

        // The memory of a given tree is none of this machine, and the machine's has a clause of its own.
        string[] now = [.. Lines(tree, withMemory: !contract.IsGiven, but: SetAsideClauses.Added(contract, tree))];
        string[] before = [.. Lines(basis, withMemory: !contract.IsGiven)];
        string? strange = now.Except(before).FirstOrDefault();
        string? lost = before.Except(now).FirstOrDefault();
        return Verdict.Unless(
            strange is not null ? $"new: {strange}"
            : lost is not null ? $"lost: {lost}"
            : now.Length != before.Length ? "something is there twice"
            : null,
            $"{now.Length} nodes and properties");
    }

    /// <summary>A line for each node and property outside of /chosen.</summary>
    private static IEnumerable<string> Lines(DeviceTree tree, bool withMemory, params IEnumerable<DeviceNode> but)
    {
        HashSet<DeviceNode> others = withMemory ? [.. but] : [.. tree.MemoryNodes(), .. but];
        foreach (DeviceNode node in tree.Root.Subtree().Where(node => !IsChosen(node.Path) && !others.Contains(node)))
        {
            yield return LineOf(node);
            foreach (DeviceProperty property in node.Properties)
            {
                yield return LineOf(node, property);
            }
        }
    }

    /// <summary>A node; what pads its name is told when it is not zeros, because it is kept too.</summary>
    public static string LineOf(DeviceNode node) => node.Path + Padding(node.Padding);

    /// <summary>A property with its value; what pads it is told when it is not zeros, because it is kept too.</summary>
    public static string LineOf(DeviceNode node, DeviceProperty property) =>
        $"{node.Path}:{property.Name}={Convert.ToHexStringLower(property.Value.Span)}{Padding(property.Padding)}";

    private static string Padding(ReadOnlyMemory<byte> bytes) =>
        bytes.Span.ContainsAnyExcept((byte)0) ? $" padded with {Convert.ToHexStringLower(bytes.Span)}" : "";

    private static bool IsChosen(string path) => path == "/chosen" || path.StartsWith("/chosen/", StringComparison.Ordinal);
}
