using Baton.Bytes;
using Baton.Formats.DeviceTrees;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;
using Baton.Protocols.LinuxArm64;
using Baton.Protocols.LinuxArm64.Clauses;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>What the chain tells of memory, devices, firmware and screen on arm64.</summary>
internal sealed class Arm64FirmwareClauses(FreeBsdRequest request)
{
    private const int LongestTree = 4 << 20;

    public IEnumerable<Clause<Arm64Arrival>> All =>
    [
        new(
            "memory-map",
            "On a UEFI machine EFI_MAP is the firmware's map to the byte, as it lies in memory; elsewhere there is none.",
            FreeBsdArm64Contract.Firmware,
            Map),
        new(
            "device-tree",
            "DTBP leads to a device tree with all that is in the running kernel's, and there is none where ACPI has the devices.",
            FreeBsdArm64Contract.Firmware,
            Tree),
        new(
            "tree-memory",
            "Without EFI_MAP, one node of the tree has all of the memory, in ranges that a kernel has room for.",
            FreeBsdArm64Contract.Firmware,
            TreeMemory),
        new(
            "tree-reservations",
            "The tree's memory reservations are the running kernel's without its initrd and its tree.",
            FreeBsdArm64Contract.Firmware,
            Reservations),
        new(
            "stale-properties",
            "Nothing is left in the tree's /chosen that was for the running kernel alone.",
            FreeBsdArm64Contract.Firmware,
            Chosen),
        new(
            "firmware-handle",
            "FW_HANDLE is the EFI system table where there is one, and is not there elsewhere.",
            FreeBsdArm64Contract.Firmware,
            Handle),
        new("screen", "EFI_FB tells of the firmware's framebuffer, where there is one.", FreeBsdArm64Contract.Firmware, Screen),
    ];

    private bool IsUefi => request.Machine.Firmware == FirmwareKind.Uefi;

    private Verdict? Map(Arm64Arrival arrival) => Of(arrival, kernel =>
    {
        byte[]? map = kernel[ModInfo.Arm64EfiMap];
        return IsUefi && map is not null && request.Machine.Efi?.HiddenMap is { } place
            ? FirmwareClauses.CopiedContent(arrival, arrival.Read, map, place)
            : new Verdict(!IsUefi && map is null, map is null ? "there is none" : $"EFI_MAP of {map.Length} bytes");
    });

    private Verdict? Tree(Arm64Arrival arrival) => Of(arrival, kernel =>
    {
        DeviceTree? expected = RunningDeviceTree.Of(request.Machine);
        bool isWanted = expected is not null
            && expected.Root.Children.Any(node => node.Name is not ("chosen" or "hypervisor" or "reserved-memory")
                && node.BaseName != "memory");
        (DeviceTree? found, string? problem) = ReadTree(arrival, kernel);
        if (found is null || !isWanted)
        {
            return new Verdict(
                problem is null && found is null && !isWanted, problem ?? (found is null ? "there is none" : "there is one"));
        }

        HashSet<string> lines = Lines(found);
        lines.SymmetricExceptWith(Lines(expected!));
        return Verdict.Unless(
            lines.Count > 0 ? $"{lines.First()} is in one tree and not in the other"
                : found.BootCpuidPhys != expected!.BootCpuidPhys ? $"boot_cpuid_phys is {found.BootCpuidPhys}"
                : null,
            $"{found.Root.Subtree().Count()} nodes at 0x{kernel.Number(ModInfo.Arm64DeviceTree):x}");
    });

    /// <summary>Each node and property, but for memory and what was for the running kernel; other clauses judge both.</summary>
    private static HashSet<string> Lines(DeviceTree tree)
    {
        HashSet<string> lines = [];
        foreach (DeviceNode node in tree.Root.Subtree().Where(node => !IsMemory(node)))
        {
            lines.Add(DeviceTreeClauses.LineOf(node));
            lines.UnionWith(node.Properties
                .Where(property => node.Path != "/chosen" || !IsStale(property.Name))
                .Select(property => DeviceTreeClauses.LineOf(node, property)));
        }

        return lines;
    }

    private static bool IsStale(string name) => ChosenProperties.Stale.Contains(name) || IsUefis(name);

    /// <summary>The chain tells of UEFI.</summary>
    private static bool IsUefis(string name) => name.StartsWith("linux,uefi-", StringComparison.Ordinal);

    private static bool IsMemory(DeviceNode node) => node.Property("device_type")?.Text == "memory";

    private Verdict? Reservations(Arm64Arrival arrival) => Of(arrival, kernel =>
    {
        (DeviceTree? found, _) = ReadTree(arrival, kernel);
        if (found is null || RunningDeviceTree.Of(request.Machine) is not { } running)
        {
            return found is null ? Verdict.Kept("there is no tree") : null;
        }

        PhysicalRange[] expected = [.. RunningDeviceTree.LastingReservations(running)];
        return new Verdict(
            found.Reservations.SequenceEqual(expected),
            $"found {string.Join(' ', found.Reservations)}, expected {string.Join(' ', expected)}");
    });

    private Verdict? TreeMemory(Arm64Arrival arrival) => Of(arrival, kernel =>
    {
        if (IsUefi)
        {
            return Verdict.Kept("EFI_MAP has it");
        }

        (DeviceTree? found, _) = ReadTree(arrival, kernel);
        if (found is null)
        {
            return null;
        }

        if (Banks(found) is not { } told)
        {
            return Verdict.Broken("the memory nodes cannot be read");
        }

        DeviceNode[] nodes = [.. found.Root.Children.Where(IsMemory)];
        RangeSet? expected = RunningDeviceTree.Of(request.Machine) is { } running ? Banks(running) : null;
        string? problem = nodes is not [{ BaseName: "memory" } node] ? $"{nodes.Length} nodes of memory"
            : node.Reg().Count is 0 or > 16 ? $"{node.Reg().Count} ranges"
            : expected is null || !told.SequenceEqual(expected) ? $"{told} is not the machine's"
            : node.Name != $"memory@{told[0].Start.Value:x}" ? $"the node's name is {node.Name}"
            : node.Properties.FirstOrDefault(property => !IsRunningKernels(node, property)
                && (property.Name is not ("device_type" or "reg") || IsPadded(property.Padding))) is { } strange
                ? $"{strange.Name} is strange"
            : IsPadded(node.Padding) && RunningDeviceTree.Of(request.Machine)?.Find(node.Path) is null
                ? "something is behind the node's name"
            : null;
        return Verdict.Unless(problem, told.ToString());
    });

    private static bool IsPadded(ReadOnlyMemory<byte> padding) => padding.Span.ContainsAnyExcept((byte)0);

    private bool IsRunningKernels(DeviceNode node, DeviceProperty property) =>
        RunningDeviceTree.Of(request.Machine)?.Find(node.Path) is { } running
        && running.Properties.Any(other => DeviceTreeClauses.LineOf(running, other) == DeviceTreeClauses.LineOf(node, property));

    private static RangeSet? Banks(DeviceTree tree)
    {
        try
        {
            return RangeSet.Of(tree.MemoryBanks().Where(bank => !bank.Hotpluggable).Select(bank => bank.Range));
        }
        catch (ImageFormatException)
        {
            return null;
        }
    }

    private Verdict? Chosen(Arm64Arrival arrival) => Of(arrival, kernel =>
    {
        (DeviceTree? found, _) = ReadTree(arrival, kernel);
        string? stale = found?.Root.Child("chosen")?.Properties.Select(property => property.Name).FirstOrDefault(IsStale);
        return Verdict.Unless(stale is null ? null : $"{stale} is still there", found is null ? "there is no tree" : "none is");
    });

    private Verdict? Handle(Arm64Arrival arrival) => Of(arrival, kernel =>
    {
        ulong? expected = IsUefi ? request.Machine.Efi?.SystemTable?.Value : null;
        ulong? found = kernel.Number(ModInfo.FirmwareHandle);
        return new Verdict(found == expected, found is null ? "there is none" : $"0x{found:x}");
    });

    private Verdict? Screen(Arm64Arrival arrival) => Of(arrival, kernel =>
    {
        byte[]? found = kernel[ModInfo.Arm64EfiFramebuffer];
        MetadataRecord? expected = IsUefi ? FirmwareRecords.Framebuffer(request.Machine) : null;
        return new Verdict(
            found is null ? expected is null : expected?.Payload.Span.SequenceEqual(found) == true,
            found is null ? "there is none" : $"{found.Length} bytes");
    });

    private (DeviceTree? Tree, string? Problem) ReadTree(Arm64Arrival arrival, ArrivedFile kernel)
    {
        Arm64Preload preload = new(request.Kernel, arrival);
        if (kernel[ModInfo.Arm64DeviceTree] is null)
        {
            return (null, null);
        }

        if (kernel.Number(ModInfo.Arm64DeviceTree) is not { } dtbp || dtbp % sizeof(ulong) != 0
            || !preload.IsLoaded(dtbp, DeviceTreeFields.HeaderSize) || preload.Physical(dtbp) is not { } physical)
        {
            return (null, "DTBP leads nowhere");
        }

        try
        {
            ByteView header = new(preload.Read(physical, DeviceTreeFields.HeaderSize), "DTBP");
            uint length = DeviceTreeFields.TotalSize.Read(header);
            if (length > LongestTree || !preload.IsLoaded(dtbp, length))
            {
                return (null, $"a tree of 0x{length:x} bytes leaves what was loaded");
            }

            // Written again it must be the same: so no byte of it is without a meaning.
            byte[] bytes = preload.Read(physical, (int)length);
            DeviceTree tree = DeviceTree.Parse(bytes, "DTBP");
            return tree.ToFreshArray().AsSpan().SequenceEqual(bytes) ? (tree, null) : (null, "bytes without a meaning");
        }
        catch (ImageFormatException e)
        {
            return (null, e.Message);
        }
    }

    private Verdict? Of(Arm64Arrival arrival, Func<ArrivedFile, Verdict?> judge) =>
        new Arm64Preload(request.Kernel, arrival).ReadChain().Kernel is { } kernel ? judge(kernel) : null;
}
