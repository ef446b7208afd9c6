namespace Baton.Formats.DeviceTrees;

/// <summary>The blocks of a flattened device tree behind its header.</summary>
internal enum DeviceTreeBlock
{
    MemoryReservation,
    Structure,
    Strings,
}

/// <summary>
/// What a blob has beside the tree: the order of its blocks, the bytes between and behind them, and its strings block.
/// A tree that is written again keeps them, so that what was not edited comes out byte for byte.
/// </summary>
internal sealed record DeviceTreeLayout
{
    /// <summary>The layout that dtc gives: block behind block, nothing between them, nothing behind them.</summary>
    public static DeviceTreeLayout Fresh { get; } = new()
    {
        Version = DeviceTreeFields.NewestVersion,
        LastCompVersion = DeviceTreeFields.OldestVersion,
        Order = [DeviceTreeBlock.MemoryReservation, DeviceTreeBlock.Structure, DeviceTreeBlock.Strings],
        Gaps = [default, default, default],
    };

    /// <summary>The version to be written: 16 or 17.</summary>
    public required uint Version { get; init; }

    public required uint LastCompVersion { get; init; }

    /// <summary>The blocks by rising offset.</summary>
    public required IReadOnlyList<DeviceTreeBlock> Order { get; init; }

    /// <summary>The bytes in front of each block of <see cref="Order"/>, without those that its alignment takes.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Gaps { get; init; }

    /// <summary>The strings block as it was read; names that no property has any more stay in it.</summary>
    public ReadOnlyMemory<byte> Strings { get; init; }

    /// <summary>What the structure block has behind FDT_END.</summary>
    public ReadOnlyMemory<byte> StructureTail { get; init; }

    /// <summary>The free space behind the last block.</summary>
    public ReadOnlyMemory<byte> Slack { get; init; }

    /// <summary>Size of the whole blob in bytes as it was read: what is written is not shorter.</summary>
    public uint TotalSize { get; init; }
}
