using Baton.Bytes;
using Baton.Formats;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Cli.Planned;

/// <summary>What every protocol plans from.</summary>
/// <param name="Image">The kernel.</param>
/// <param name="Initrd">All initrds as one content; null for none.</param>
/// <param name="CommandLine">The next kernel's command line.</param>
/// <param name="Machine">The machine that hands over.</param>
/// <param name="Random">Random bytes for the next kernel; may be empty.</param>
/// <param name="Places">Demanded places by segment name.</param>
internal sealed record PlanInputs(
    KernelImage Image,
    SegmentContent? Initrd,
    string CommandLine,
    Machine Machine,
    ReadOnlyMemory<byte> Random,
    IReadOnlyDictionary<string, PhysicalAddress> Places)
{
    /// <summary>Whether the handoff is carried out in the boot that <see cref="Machine"/> tells of.</summary>
    public bool IsForThisBoot { get; init; } = true;

    /// <summary>A device tree from the user or the kernel's image, in place of the machine's; null for that.</summary>
    public IByteSource? DeviceTree { get; init; }

    /// <summary>What is preloaded beside a FreeBSD kernel; null for other kernels.</summary>
    public FreeBsdFiles? FreeBsd { get; init; }

    /// <summary>The disk image that the next kernel gets as persistent memory; null for none.</summary>
    public SegmentContent? Ramdisk { get; init; }

    /// <summary>Refuses a disk image where the protocol has no place for it.</summary>
    /// <exception cref="CommandException">There is one.</exception>
    public void CheckNoRamdisk(string protocol)
    {
        if (Ramdisk is not null)
        {
            throw new CommandException(ExitCode.Usage, NoRamdisk(protocol));
        }
    }

    /// <summary>What is said where a protocol has no place for a disk image.</summary>
    public static string NoRamdisk(string protocol) =>
        $"--ramdisk: only a Linux kernel for amd64 takes one so far, and this is {protocol}";

    /// <summary>The exception for a kernel that is read, but not by a protocol.</summary>
    /// <param name="expected">What would be taken instead.</param>
    public ImageFormatException Unsupported(string expected) => new(
        ImageError.UnknownFormat,
        new ImageLocation(Image.Source.Name, 0, "format"),
        $"{Image.FormatText}: cannot be handed over to yet; give {expected}");

    /// <summary>Refuses places for segments that the protocol does not have.</summary>
    /// <exception cref="CommandException">A name is another protocol's.</exception>
    public void CheckPlaces(string protocol, IReadOnlyList<string> segments)
    {
        if (Places.Keys.FirstOrDefault(name => !segments.Contains(name)) is { } strange)
        {
            throw new CommandException(
                ExitCode.Usage,
                $"--place {strange}: a {protocol} handoff has no such segment, but {string.Join(", ", segments)}");
        }
    }
}
