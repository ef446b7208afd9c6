namespace Baton.Bytes;

/// <summary>An image in memory: small things made by the planner, and images in tests.</summary>
public sealed class ArraySource(ReadOnlyMemory<byte> bytes, string name) : IByteSource
{
    public string Name { get; } = name;

    public long Length => Bytes.Length;

    /// <summary>The bytes themselves.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    public void Read(long offset, Span<byte> destination) =>
        new ByteView(Bytes.Span, Name).Take(offset, destination.Length, "bytes").CopyTo(destination);
}
