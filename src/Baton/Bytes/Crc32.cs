using System.Buffers.Binary;

namespace Baton.Bytes;

/// <summary>The CRC-32 of gzip, GPT and bzImage: polynomial 0x04c11db7, bits reversed, eight bytes a step.</summary>
public record struct Crc32
{
    private static readonly uint[] Tables = MakeTables();

    private uint _inverted;

    /// <summary>The checksum of all bytes so far.</summary>
    public readonly uint Value => _inverted;

    /// <summary>Takes more bytes in.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        uint[] tables = Tables;
        uint crc = ~_inverted;
        while (bytes.Length >= 8)
        {
            uint low = crc ^ BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            crc = tables[0x700 + (int)(low & 0xff)] ^ tables[0x600 + (int)((low >> 8) & 0xff)]
                ^ tables[0x500 + (int)((low >> 16) & 0xff)] ^ tables[0x400 + (int)(low >> 24)]
                ^ tables[0x300 + bytes[4]] ^ tables[0x200 + bytes[5]]
                ^ tables[0x100 + bytes[6]] ^ tables[bytes[7]];
            bytes = bytes[8..];
        }

        foreach (byte b in bytes)
        {
            crc = (crc >> 8) ^ tables[(int)((crc ^ b) & 0xff)];
        }

        _inverted = ~crc;
    }

    private static uint[] MakeTables()
    {
        uint[] tables = new uint[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xedb8_8320 : crc >> 1;
            }

            tables[i] = crc;
        }

        for (int i = 256; i < tables.Length; i++)
        {
            uint previous = tables[i - 256];
            tables[i] = (previous >> 8) ^ tables[(int)(previous & 0xff)];
        }

        return tables;
    }
}
