using System.Buffers.Binary;

namespace Baton.Probe;

/// <summary>
/// The checksum that the probe makes of the initrd: FNV-1a with 64 bits, fed with little-endian words of 8 bytes and
/// then with the bytes that are left. Order matters, so that swapped pages show.
/// </summary>
public static class ProbeChecksum
{
    public const ulong OffsetBasis = 0xCBF2_9CE4_8422_2325;

    public const ulong Prime = 0x100_0000_01B3;

    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        ulong hash = OffsetBasis;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            hash = unchecked((hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes)) * Prime);
        }

        foreach (byte left in bytes)
        {
            hash = unchecked((hash ^ left) * Prime);
        }

        return hash;
    }
}
