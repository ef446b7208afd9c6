using Baton.Bytes;

namespace Baton.Formats.Compression;

/// <summary>Unpacks one compressed format, in constant memory.</summary>
public interface ICodec
{
    CompressionKind Kind { get; }

    /// <summary>
    /// Opens a stream that unpacks while it is read. Streams of the same format that follow one another come out as
    /// one; anything else behind them is left alone.
    /// </summary>
    /// <param name="packed">The compressed bytes; disposed with the result.</param>
    /// <param name="rules">The name for errors, and how much may come out.</param>
    /// <exception cref="ImageFormatException">
    /// On opening or reading: <see cref="ImageError.BadCompression"/>, also when more comes out than is allowed, and
    /// <see cref="ImageError.Truncated"/>.
    /// </exception>
    Stream Open(Stream packed, UnpackRules rules);
}

/// <summary>The codecs of this build.</summary>
public interface ICodecs
{
    /// <summary>The codec of a format; null when this build has none.</summary>
    ICodec? Find(CompressionKind kind);
}

/// <summary>What an unpacker is held to.</summary>
/// <param name="Name">The packed image's name, for errors.</param>
/// <param name="Limit">The most bytes that may come out.</param>
public sealed record UnpackRules(string Name, long Limit);
