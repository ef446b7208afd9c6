namespace Baton.Compression;

/// <summary>One decoder at work: it takes from a <see cref="PackedInput"/> and gives unpacked bytes.</summary>
internal interface IDecoder : IDisposable
{
    /// <summary>Unpacks some bytes; at least one, unless the compressed stream ends here.</summary>
    /// <returns>The number of bytes; 0 at the end of the compressed stream.</returns>
    int Read(Span<byte> output);

    /// <summary>Gets ready for another stream of the format, right behind the one that ended.</summary>
    /// <returns>Whether there is one.</returns>
    bool StartNext();
}
