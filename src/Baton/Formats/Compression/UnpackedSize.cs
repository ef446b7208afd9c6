namespace Baton.Formats.Compression;

/// <summary>What is known of a compressed stream without unpacking it.</summary>
/// <param name="Bytes">How many bytes come out: exactly, or at most.</param>
/// <param name="IsExact">Whether it is not merely an upper bound.</param>
/// <param name="PackedLength">
/// Bytes of the stream, where the format lets them be counted; null when the end cannot be found without unpacking, and
/// the stream is taken to reach to the end.
/// </param>
public readonly record struct UnpackedSize(long Bytes, bool IsExact, long? PackedLength = null);
