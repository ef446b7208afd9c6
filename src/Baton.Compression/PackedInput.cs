using Baton.Bytes;
using Baton.Formats.Compression;

namespace Baton.Compression;

/// <summary>The compressed bytes on their way into a decoder: a buffer, and where in the image it is.</summary>
internal sealed class PackedInput(Stream packed, string name, CompressionKind kind) : IDisposable
{
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;

    /// <summary>The format that is being unpacked; none before the first is known.</summary>
    public CompressionKind Kind { get; set; } = kind;

    /// <summary>Offset of the first byte that is not consumed.</summary>
    public long Position { get; private set; }

    /// <summary>What has been read and not been consumed.</summary>
    public ReadOnlySpan<byte> Available => _buffer.AsSpan(_start, _end - _start);

    public void Consume(int count)
    {
        _start += count;
        Position += count;
    }

    /// <summary>Reads until that many bytes are available, or the input ends.</summary>
    /// <returns>Whether they are.</returns>
    public bool Fill(int count = 1)
    {
        while (_end - _start < count)
        {
            if (_start > 0)
            {
                Available.CopyTo(_buffer);
                _end -= _start;
                _start = 0;
            }

            int read = packed.Read(_buffer, _end, _buffer.Length - _end);
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }

    /// <summary>Takes the next byte.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Truncated"/>: there is none.</exception>
    public byte Take()
    {
        if (_start == _end && !Fill())
        {
            throw Truncated();
        }

        byte value = _buffer[_start];
        Consume(1);
        return value;
    }

    /// <summary>Fills a span with the next bytes.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Truncated"/>: there are not so many.</exception>
    public void Take(Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            if (!Fill())
            {
                throw Truncated();
            }

            int count = Math.Min(destination.Length, _end - _start);
            Available[..count].CopyTo(destination);
            destination = destination[count..];
            Consume(count);
        }
    }

    /// <summary>Whether a stream of the same format starts here.</summary>
    public bool AtMagic()
    {
        Fill(CompressionProbe.HeadLength);
        return CompressionProbe.Probe(Available) == Kind;
    }

    public ImageFormatException Truncated() => new(
        ImageError.Truncated, Here, $"the {CompressionProbe.NameOf(Kind)} data end before they are complete");

    public ImageFormatException Fault(string problem, Exception? cause = null) =>
        new(ImageError.BadCompression, Here, $"{CompressionProbe.NameOf(Kind)}: {problem}", cause);

    private ImageLocation Here => new(name, Position, "compressed data");

    public void Dispose() => packed.Dispose();
}
