namespace Baton.Formats.Compression;

/// <summary>The numbers of the legacy LZ4 format. Specification: lz4_Frame_format.md, "Legacy frame".</summary>
public static class Lz4Legacy
{
    /// <summary>Unpacked bytes of every block but the last.</summary>
    public const int BlockSize = 8 << 20;

    /// <summary>Zeros that end a stream where more follows it: the size of an empty block. With fewer, Linux reads on.</summary>
    public const int EndLength = 4;

    /// <summary>The most bytes that a block can have packed.</summary>
    public const int LongestPackedBlock = BlockSize + (BlockSize / 255) + 16;
}
