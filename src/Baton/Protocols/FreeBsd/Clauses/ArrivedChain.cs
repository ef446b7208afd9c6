using System.Buffers.Binary;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>A file as the kernel would find it in the chain.</summary>
/// <param name="Records">Type and payload, in order; NAME is the first.</param>
internal sealed record ArrivedFile(IReadOnlyList<(uint Type, byte[] Payload)> Records)
{
    /// <summary>The first record of a type; null when there is none.</summary>
    public byte[]? this[uint type] => Records.FirstOrDefault(record => record.Type == type).Payload;

    public ulong? Number(uint type) => this[type] switch
    {
        { Length: 8 } bytes => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        { Length: 4 } bytes => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        _ => null,
    };

    /// <summary>A record that is a text with exactly one NUL, at its end; null when it is none.</summary>
    public string? Text(uint type) =>
        this[type] is { Length: > 0 } bytes && Array.IndexOf(bytes, (byte)0) == bytes.Length - 1
            ? System.Text.Encoding.UTF8.GetString(bytes[..^1])
            : null;
}

/// <summary>
/// The chain as the kernel would read it, by its modulep and its mapping: written apart from
/// <see cref="MetadataChain"/>, as a second opinion on it.
/// </summary>
internal sealed record ArrivedChain(IReadOnlyList<ArrivedFile> Files, ulong Length, string? Problem)
{
    private const int MostRecords = 10_000;
    private const uint LongestRecord = 1 << 24;

    public ArrivedFile? Kernel =>
        Files.FirstOrDefault(file => file.Text(ModInfo.Type) is "elf kernel" or "elf64 kernel");

    public static ArrivedChain Read(ArrivedPreload preload)
    {
        List<ArrivedFile> files = [];
        List<(uint Type, byte[] Payload)> records = [];
        ulong modulep = preload.ModuleP;
        ulong at = modulep;
        for (int i = 0; i < MostRecords; i++)
        {
            if (Take(at, 8) is not { } header)
            {
                return Result($"there is no memory at 0x{at:x}");
            }

            uint type = BinaryPrimitives.ReadUInt32LittleEndian(header);
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(4));
            at += 8;
            if (type == 0)
            {
                return Result(size == 0 ? null : $"the last record has {size} bytes");
            }

            if (size > LongestRecord || Take(at, (int)size) is not { } payload)
            {
                return Result($"a record of type 0x{type:x} with 0x{size:x} bytes at 0x{at - 8:x} leaves memory");
            }

            if (type == ModInfo.Name)
            {
                Flush();
            }
            else if (records.Count == 0)
            {
                return Result($"a record of type 0x{type:x} before any NAME");
            }

            records.Add((type, payload));
            ulong padding = (8 - (size & 7)) & 7;
            if (Take(at + size, (int)padding) is not { } pad || pad.Any(value => value != 0))
            {
                return Result($"the padding of a record of type 0x{type:x} is not zero");
            }

            at += size + padding;
        }

        return Result($"more than {MostRecords} records");

        byte[]? Take(ulong place, int length) =>
            preload.Physical(place) is { } address && (length == 0 || preload.IsWritten(address, (ulong)length))
                ? preload.Read(address, length)
                : null;

        void Flush()
        {
            if (records.Count > 0)
            {
                files.Add(new ArrivedFile(records));
                records = [];
            }
        }

        ArrivedChain Result(string? problem)
        {
            Flush();
            return new ArrivedChain(files, at - modulep, problem);
        }
    }
}
