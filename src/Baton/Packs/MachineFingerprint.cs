using System.Text;
using Baton.Bytes;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Packs;

/// <summary>
/// What a packed handoff knows its machine by: the top-level System RAM of /proc/iomem, with neighbours joined. That is
/// the machine's memory and its amount, whichever kernel runs; MemTotal would differ from kernel to kernel.
/// </summary>
/// <param name="Ram">The ranges, at most <see cref="MaxRanges"/>.</param>
public sealed record MachineFingerprint(RangeSet Ram)
{
    /// <summary>The most ranges that a packed program has room for.</summary>
    public const int MaxRanges = 64;

    /// <summary>The fingerprint of a machine.</summary>
    /// <exception cref="ImageFormatException">Its memory is not known, or has more ranges than fit.</exception>
    public static MachineFingerprint Of(Machine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        if (machine.SystemRam.Count is > 0 and <= MaxRanges)
        {
            return new MachineFingerprint(machine.SystemRam);
        }

        throw new ImageFormatException(
            machine.SystemRam.Count == 0 ? ImageError.Missing : ImageError.OutOfRange,
            new ImageLocation(machine.Source, 0, "proc/iomem"),
            $"found {machine.SystemRam.Count} ranges of System RAM, expected 1 to {MaxRanges}");
    }

    /// <summary>The CRC-32 of the ranges' text, for people who compare two packs.</summary>
    public uint Checksum
    {
        get
        {
            Crc32 crc = default;
            crc.Add(Encoding.ASCII.GetBytes(string.Join('\n', Ram)));
            return crc.Value;
        }
    }

    public override string ToString() =>
        $"{Ram.Count} ranges of System RAM, {Ram.Length >> 20} MiB, CRC-32 {Checksum:x8}";
}
