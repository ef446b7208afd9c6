using System.Buffers.Binary;
using System.Text;
using Baton.Bytes;

namespace Baton.Protocols.FreeBsd;

/// <summary>A record of the chain.</summary>
/// <param name="Type">A number of <see cref="ModInfo"/>.</param>
/// <param name="Payload">Its bytes, without padding.</param>
public sealed record MetadataRecord(uint Type, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Bytes of a record's type and size.</summary>
    public const int HeaderSize = 8;

    /// <summary>A record that is a text, with its NUL.</summary>
    public static MetadataRecord Of(uint type, string text) => new(type, (byte[])[.. Encoding.UTF8.GetBytes(text), 0]);

    /// <summary>A record that is a number of 64 bits.</summary>
    public static MetadataRecord Of(uint type, ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return new MetadataRecord(type, bytes);
    }

    /// <summary>A record that is a number of 32 bits.</summary>
    public static MetadataRecord Of(uint type, uint value)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return new MetadataRecord(type, bytes);
    }

    /// <summary>The payload as a text, without its NUL.</summary>
    public string Text => Encoding.UTF8.GetString(Payload.Span.TrimEnd((byte)0));

    /// <summary>The payload as a number; null when it is not of 4 or 8 bytes.</summary>
    public ulong? Number => Payload.Length switch
    {
        sizeof(uint) => BinaryPrimitives.ReadUInt32LittleEndian(Payload.Span),
        sizeof(ulong) => BinaryPrimitives.ReadUInt64LittleEndian(Payload.Span),
        _ => null,
    };
}

/// <summary>
/// The records that tell a 64-bit FreeBSD kernel what was preloaded: type, size, payload, padded to 8 bytes, up to an
/// empty record of type 0. A NAME starts a file; the records up to the next NAME are that file's.
/// </summary>
public static class MetadataChain
{
    private static readonly Field<uint> Type = new(0, "type");
    private static readonly Field<uint> Size = new(4, "size");

    /// <summary>Writes the records and the one that ends them.</summary>
    public static byte[] Write(IEnumerable<MetadataRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        List<byte> bytes = [];
        byte[] header = new byte[MetadataRecord.HeaderSize];
        foreach (MetadataRecord record in records.Append(new MetadataRecord(ModInfo.End, ReadOnlyMemory<byte>.Empty)))
        {
            Type.Write(header, record.Type);
            Size.Write(header, (uint)record.Payload.Length);
            bytes.AddRange(header);
            bytes.AddRange(record.Payload.Span);
            bytes.AddRange(new byte[-bytes.Count & 7]);
        }

        return [.. bytes];
    }

    /// <summary>Where the payload of the first record of a type starts, in bytes; null when there is no such record.</summary>
    /// <exception cref="ImageFormatException">The chain leaves its bytes before it ends.</exception>
    public static long? OffsetOf(ReadOnlyMemory<byte> bytes, uint type, string name)
    {
        ByteView chain = new(bytes.Span, name);
        for (long at = 0; ;)
        {
            uint found = Type.ReadAt(chain, at);
            uint size = Size.ReadAt(chain, at);
            at += MetadataRecord.HeaderSize;
            if (found == type || (found == ModInfo.End && size == 0))
            {
                return found == type ? at : null;
            }

            at = (at + size + 7) & ~7L;
        }
    }

    /// <summary>Reads the records before the one that ends them.</summary>
    /// <exception cref="ImageFormatException">The chain leaves its bytes before it ends.</exception>
    public static IReadOnlyList<MetadataRecord> Read(ReadOnlyMemory<byte> bytes, string name)
    {
        ByteView chain = new(bytes.Span, name);
        List<MetadataRecord> records = [];
        for (long at = 0; ;)
        {
            uint type = Type.ReadAt(chain, at);
            uint size = Size.ReadAt(chain, at);
            at += MetadataRecord.HeaderSize;
            if (type == ModInfo.End && size == 0)
            {
                return records;
            }

            records.Add(new MetadataRecord(type, chain.Take(at, size, Size.Name).ToArray()));
            at = (at + size + 7) & ~7L;
        }
    }
}
