using Baton.Bytes;
using Baton.Formats.Pe;

namespace Baton.Formats.BzImage;

/// <summary>
/// The CRC-32 that the kernel's build appends to the protected-mode code, so that the CRC of all before it and itself
/// is 0. Specification: boot.rst, "The Image Checksum". A signature changes two fields of the PE header afterwards; they
/// are taken as the build left them, as zeros.
/// </summary>
public static class BzImageChecksum
{
    /// <summary>Reads the whole kernel and checks it.</summary>
    /// <returns>
    /// Null when the protocol has no checksum. False also for the newest kernels, whose build has stopped appending it.
    /// </returns>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Changed"/>: the file became shorter.</exception>
    public static bool? Holds(BzImageFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Header.Version < 0x208)
        {
            return null;
        }

        Crc32 crc = default;
        byte[] window = new byte[1 << 16];
        long end = file.KernelOffset + file.KernelLength;
        for (long offset = 0; offset < end; offset += window.Length)
        {
            Span<byte> part = window.AsSpan(0, (int)Math.Min(window.Length, end - offset));
            file.Source.Read(offset, part);
            if (file.Signature is { } signature)
            {
                Clear(part, signature.ChecksumField - offset, sizeof(uint));
                Clear(part, signature.TableField - offset, PeSignature.TableFieldSize);
            }

            crc.Add(part);
        }

        // The kernel's remainder is not inverted at the end.
        return crc.Value == uint.MaxValue;
    }

    /// <summary>Clears a field, or as much of it as lies in this window.</summary>
    private static void Clear(Span<byte> window, long offset, int length)
    {
        long from = Math.Clamp(offset, 0, window.Length);
        long to = Math.Clamp(offset + length, 0, window.Length);
        window[(int)from..(int)to].Clear();
    }
}
