using Baton.Bytes;

namespace Baton.Formats;

/// <summary>The line in which a kernel says what it is: a fixed beginning, then the version.</summary>
public static class KernelBanner
{
    private const int LongestVersion = 512;

    /// <summary>Looks for it, a window at a time.</summary>
    /// <param name="source">The kernel, unpacked.</param>
    /// <param name="offset">First byte of the part to search.</param>
    /// <param name="length">Bytes of the part.</param>
    /// <param name="banner">How the line begins, up to the version's first digit.</param>
    /// <returns>What follows the beginning, up to the end of the line; null when it is not there.</returns>
    /// <exception cref="ImageFormatException">The file changed while it was read.</exception>
    public static string? Find(IByteSource source, long offset, long length, ReadOnlySpan<byte> banner)
    {
        const int step = 1 << 18;

        // Windows overlap by the longest banner, so that none is cut in two.
        for (long from = 0; from < length; from += step)
        {
            int room = (int)Math.Min(step + LongestVersion, length - from);
            ReadOnlySpan<byte> window = source.Window(offset + from, room).Bytes;
            int searched = 0;
            while (window[searched..].IndexOf(banner) is int found and >= 0)
            {
                ReadOnlySpan<byte> text = window[(searched + found + banner.Length)..];
                searched += found + banner.Length;
                int end = text.IndexOfAny((byte)0, (byte)'\n');

                // The kernel's own format strings follow with a %, not a number.
                if (end > 0 && end < LongestVersion && text[0] is >= (byte)'0' and <= (byte)'9')
                {
                    return PrintableText.Of(text[..end]);
                }
            }
        }

        return null;
    }
}
