using Baton.Bytes;

namespace Baton.Tests.Protocols.FreeBsd;

/// <summary>A long file of zeros.</summary>
internal sealed class LongSource(long length) : IByteSource
{
    public string Name => "long";

    public long Length => length;

    public void Read(long offset, Span<byte> destination) => destination.Clear();
}
