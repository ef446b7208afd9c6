using Baton.Bytes;

namespace Baton.Formats.Compression;

/// <summary>What is known of a compressed stream without unpacking it.</summary>
/// <param name="Bytes">How many bytes come out, as <paramref name="Bound"/> says.</param>
/// <param name="Bound">Whether it is so many, at most so many, or at least so many.</param>
/// <param name="PackedLength">
/// Bytes of the stream, where the format lets them be counted; null when the end cannot be found without unpacking, and
/// the stream is taken to reach to the end.
/// </param>
public readonly record struct UnpackedSize(long Bytes, SizeBound Bound, long? PackedLength = null)
{
    /// <summary>Whether it is no mere bound.</summary>
    public bool IsExact => Bound == SizeBound.Exact;

    /// <summary>What several take together; null when nothing is known of one. A lower bound makes the sum one.</summary>
    public static UnpackedSize? Sum(IEnumerable<UnpackedSize?> sizes)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        List<UnpackedSize?> all = [.. sizes];
        SizeBound bound = all.Exists(size => size?.Bound == SizeBound.AtLeast) ? SizeBound.AtLeast
            : all.TrueForAll(size => size?.IsExact == true) ? SizeBound.Exact
            : SizeBound.AtMost;
        long sum = 0;
        foreach (UnpackedSize? each in all)
        {
            if (each is not { } size || size.Bytes > long.MaxValue - sum)
            {
                return null;
            }

            // What is there at most may as well not be there.
            sum += bound == SizeBound.AtLeast && size.Bound == SizeBound.AtMost ? 0 : size.Bytes;
        }

        return new UnpackedSize(sum, bound);
    }
}
