using System.Numerics;
using Baton.Bytes;
using Baton.Formats.DeviceTrees;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Protocols.LinuxArm64;

/// <summary>
/// The next kernel's device tree: the running kernel's, with what was meant for that kernel replaced by what is meant for
/// the next. Nodes are the hardware's and stay; so do the UEFI properties of /chosen.
/// </summary>
internal sealed class NextDeviceTree
{
    /// <summary>The largest blob that a kernel takes, in bytes (booting.rst, "Setup the device tree").</summary>
    public const ulong LargestBlob = 2 << 20;

    private readonly LinuxArm64Request _request;
    private readonly PhysicalRange? _initrd;

    private NextDeviceTree(LinuxArm64Request request, PhysicalRange? initrd)
    {
        _request = request;
        _initrd = initrd;
    }

    /// <summary>Prepares the tree and measures it.</summary>
    /// <param name="request">What is planned.</param>
    /// <param name="initrd">Where the initrd will be, to the byte; null for none.</param>
    /// <exception cref="ImageFormatException">The machine has no tree, or one in which a kernel finds no memory.</exception>
    public static NextDeviceTree Prepare(LinuxArm64Request request, PhysicalRange? initrd)
    {
        NextDeviceTree next = new(request, initrd);
        next.Length = (ulong)next.Build(PhysicalAddress.Zero).Length;
        return next.Length <= LargestBlob
            ? next
            : throw Fault(request, ImageError.OutOfRange, "totalsize", $"the edited tree has 0x{next.Length:x} bytes, and "
                + $"a kernel takes at most 0x{LargestBlob:x}");
    }

    /// <summary>Bytes of the blob, wherever it lies.</summary>
    public ulong Length { get; private set; }

    /// <summary>An alignment with which the blob crosses no 2 MiB boundary: the kernel may map it with a single block.</summary>
    public ulong Alignment => BitOperations.RoundUpToPowerOf2(Length);

    /// <summary>Writes the blob.</summary>
    /// <param name="place">Where it will be.</param>
    public byte[] Build(PhysicalAddress place)
    {
        DeviceTree tree = !_request.DeviceTree.IsEmpty ? GivenDeviceTree.For(_request)
            : RunningDeviceTree.Of(_request.Machine)
            ?? throw Fault(_request, ImageError.Missing, RunningDeviceTree.Path, "the machine shows no device tree, and the "
                + "next kernel cannot do without: run as root, record the machine anew as root, or give one with --dtb");
        if (tree.MemoryBanks().Count == 0 && !tree.HasUefiMap())
        {
            throw Fault(_request, ImageError.Missing, "/memory", $"{RunningDeviceTree.Path} has neither a memory node nor "
                + $"{RunningDeviceTree.UefiMapStart} in /chosen: the next kernel would find no memory");
        }

        if (_request.DeviceTree.IsEmpty)
        {
            Forget(tree);
        }

        Tell(tree.Root.GetOrAdd(ChosenProperties.Node));
        if (_initrd is { } initrd)
        {
            tree.Reservations.Add(initrd);
        }

        // It has its own length in it, but not in a way that changes the length.
        tree.Reservations.Add(new PhysicalRange(place, Math.Max(Length, 1)));
        return tree.ToFreshArray();
    }

    /// <summary>What leads to the firmware's tables: where these lie, each boot decides anew.</summary>
    /// <param name="blob">The tree as it was built.</param>
    public static IReadOnlyList<BootValue> BootValues(ReadOnlyMemory<byte> blob)
    {
        DeviceNode? chosen = DeviceTree.Parse(blob, "dtb").Root.Child(ChosenProperties.Node);
        return
        [
            .. (chosen?.Properties ?? [])
                .Where(property => property.Name.StartsWith(RunningDeviceTree.UefiPrefix, StringComparison.Ordinal))
                .Select(property => new BootValue(
                    "dtb",
                    property.Where.Offset + DeviceTreeFields.PropertyHeaderSize,
                    property.Name,
                    property.Value.Length)),
        ];
    }

    /// <summary>Takes out what was for the running kernel alone.</summary>
    internal static void Forget(DeviceTree tree)
    {
        PhysicalRange[] lasting = [.. RunningDeviceTree.LastingReservations(tree)];
        tree.Reservations.Clear();
        foreach (PhysicalRange range in lasting)
        {
            tree.Reservations.Add(range);
        }

        if (tree.Root.Child(ChosenProperties.Node) is { } chosen)
        {
            foreach (string name in ChosenProperties.Stale)
            {
                chosen.Remove(name);
            }
        }
    }

    private void Tell(DeviceNode chosen)
    {
        if (_request.CommandLine.Length > 0)
        {
            chosen.SetStrings(ChosenProperties.BootArgs, _request.CommandLine);
        }

        if (_initrd is { } initrd)
        {
            chosen.SetU64(ChosenProperties.InitrdStart, initrd.Start.Value);
            chosen.SetU64(ChosenProperties.InitrdEnd, initrd.End.Value);
        }

        if (!_request.KaslrSeed.IsEmpty)
        {
            chosen.Set(ChosenProperties.KaslrSeed, _request.KaslrSeed);
        }

        if (!_request.RngSeed.IsEmpty)
        {
            chosen.Set(ChosenProperties.RngSeed, _request.RngSeed);
        }
    }

    private static ImageFormatException Fault(LinuxArm64Request request, ImageError error, string field, string problem) =>
        new(error, new ImageLocation(request.Machine.Source, 0, field), problem);
}
