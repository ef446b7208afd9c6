using Baton.Bytes;

namespace Baton.Tests.Formats;

/// <summary>A source that counts what is read of it.</summary>
internal sealed class CountingSource(byte[] bytes) : IByteSource
{
    public string Name => "image";

    public long Length => bytes.Length;

    public int Reads { get; private set; }

    public long BytesRead { get; private set; }

    public void Read(long offset, Span<byte> destination)
    {
        Reads++;
        BytesRead += destination.Length;
        bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }
}
