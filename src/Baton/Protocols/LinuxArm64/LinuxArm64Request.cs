using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Protocols.LinuxArm64;

/// <summary>Everything that a plan is made of.</summary>
public sealed record LinuxArm64Request
{
    /// <summary>Bytes of random numbers that <see cref="Seeds"/> splits: 8 for kaslr-seed, 32 for rng-seed.</summary>
    public const int SeedLength = 40;

    public required LinuxArm64Kernel Kernel { get; init; }

    /// <summary>All initrds as one content; null for none.</summary>
    public SegmentContent? Initrd { get; init; }

    /// <summary>The next kernel's command line, without a NUL; empty for the one that is built into it.</summary>
    public required string CommandLine { get; init; }

    public required Machine Machine { get; init; }

    /// <summary>
    /// The device tree that the user gives in place of the running kernel's (a blob): the machine's memory and the way to
    /// its firmware are put into it. Empty for none.
    /// </summary>
    public ReadOnlyMemory<byte> DeviceTree { get; init; }

    /// <summary>What errors call the tree that the user gives: its file.</summary>
    public string DeviceTreeName { get; init; } = "the given device tree";

    /// <summary>Random numbers for the kernel's choice of its virtual address; 8 bytes, or empty for none.</summary>
    public required ReadOnlyMemory<byte> KaslrSeed { get; init; }

    /// <summary>Random bytes for the next kernel's generator; empty for none. Fresh for each plan that is carried out.</summary>
    public required ReadOnlyMemory<byte> RngSeed { get; init; }

    /// <summary>Places that the user demands, by segment name.</summary>
    public IReadOnlyDictionary<string, PhysicalAddress> Places { get; init; } =
        new Dictionary<string, PhysicalAddress>();

    /// <summary>Splits random bytes into the two seeds; both are empty when there are too few.</summary>
    public static (ReadOnlyMemory<byte> Kaslr, ReadOnlyMemory<byte> Rng) Seeds(ReadOnlyMemory<byte> random) =>
        random.Length < SeedLength ? (default, default) : (random[..8], random[8..SeedLength]);
}
