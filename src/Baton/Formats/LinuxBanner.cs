using Baton.Bytes;

namespace Baton.Formats;

/// <summary>The line in which every Linux kernel says what it is.</summary>
public static class LinuxBanner
{
    /// <summary>Looks for it, a window at a time.</summary>
    /// <param name="source">The kernel, unpacked.</param>
    /// <param name="offset">First byte of the part to search.</param>
    /// <param name="length">Bytes of the part.</param>
    /// <returns>What follows "Linux version ", up to the end of the line; null when it is not there.</returns>
    /// <exception cref="ImageFormatException">The file changed while it was read.</exception>
    public static string? Find(IByteSource source, long offset, long length) =>
        KernelBanner.Find(source, offset, length, "Linux version "u8);
}
