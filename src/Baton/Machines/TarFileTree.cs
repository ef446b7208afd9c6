using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using Baton.Bytes;

namespace Baton.Machines;

/// <summary>Reads a tar archive, plain or gzipped, into memory: a machine record as one file.</summary>
public static class TarFileTree
{
    /// <summary>Two blocks of zeros end an archive.</summary>
    private const int EndLength = 1024;

    /// <summary>Where the first header has its magic number.</summary>
    private const int MagicOffset = 257;

    /// <summary>Reads all regular files of an archive; links, devices and directories are passed over.</summary>
    /// <param name="stream">The archive from its first byte; need not be seekable.</param>
    /// <param name="name">The archive's name, for errors.</param>
    /// <exception cref="ImageFormatException">
    /// It is no tar archive, is damaged, or holds more than <see cref="FileLimits"/> allow.
    /// </exception>
    public static MemoryFileTree Read(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] archive = ReadBounded(stream, FileLimits.TotalBytes, name, "archive");
        if (archive is [0x1f, 0x8b, ..])
        {
            archive = Gunzip(archive, FileLimits.TotalBytes, name);
        }

        // A reader of tar is content with any number of whole files; only the end tells that none is missing.
        if (archive.Length < EndLength || archive.AsSpan(archive.Length - EndLength).ContainsAnyExcept((byte)0))
        {
            throw Fault(
                name,
                archive.AsSpan().IndexOf("ustar"u8) == MagicOffset ? ImageError.Truncated : ImageError.BadMagic,
                "archive",
                $"this is no whole tar archive: it does not end with {EndLength} zero bytes");
        }

        return new MemoryFileTree(name, Guard(name, "archive", () => Entries(archive, name)));
    }

    /// <summary>Unpacks gzip data.</summary>
    /// <exception cref="ImageFormatException">The data is damaged, or unpacks to more than the limit.</exception>
    internal static byte[] Gunzip(ReadOnlyMemory<byte> data, int limit, string name) =>
        Guard(name, "gzip", () =>
        {
            using MemoryStream packed = new(data.ToArray());
            using GZipStream unpacked = new(packed, CompressionMode.Decompress);
            byte[] bytes = ReadBounded(unpacked, limit, name, "gzip");

            // GZipStream takes data that was cut short for whole; its last field, ISIZE, is the length.
            int size = data.Length - sizeof(uint);
            if (size < 0 || BinaryPrimitives.ReadUInt32LittleEndian(data.Span[size..]) != (uint)bytes.Length)
            {
                throw Fault(name, ImageError.Truncated, "gzip", $"the data ends after {bytes.Length} unpacked bytes");
            }

            return bytes;
        });

    private static Dictionary<string, TreeFile> Entries(byte[] archive, string name)
    {
        Dictionary<string, TreeFile> files = new(StringComparer.Ordinal);
        using TarArchiveStream stream = new(archive, name);
        using TarReader reader = new(stream);
        while (stream.ReadHeaders(reader) is { } entry)
        {
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
            {
                continue;
            }

            if (files.Count == FileLimits.Files)
            {
                throw Fault(name, ImageError.OutOfRange, entry.Name, $"more than {FileLimits.Files} files");
            }

            // The archive is in memory, so that a size in a header can claim no more than is there.
            byte[] bytes = entry.DataStream is { } data
                ? ReadBounded(data, FileLimits.FileBytes, name, entry.Name)
                : [];
            if (bytes.Length != entry.Length)
            {
                throw Fault(
                    name,
                    ImageError.Truncated,
                    entry.Name,
                    $"{entry.Length} bytes are announced, {bytes.Length} are there");
            }

            files[Normalise(entry.Name, name)] = new TreeFile(TreeFileState.Present, bytes);
        }

        return files;
    }

    private static string Normalise(string path, string name)
    {
        if (path.Length > FileLimits.PathLength)
        {
            throw Fault(
                name,
                ImageError.OutOfRange,
                "path",
                $"found {TextLine.Show(path)}, {path.Length} characters, expected at most {FileLimits.PathLength}");
        }

        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return string.Join('/', parts.Where(part => part != "."));
    }

    private static byte[] ReadBounded(Stream stream, int limit, string name, string field)
    {
        using MemoryStream buffer = new();
        byte[] chunk = new byte[8 << 10];
        while (stream.Read(chunk) is > 0 and int count)
        {
            if (buffer.Length + count > limit)
            {
                throw Fault(name, ImageError.OutOfRange, field, $"more than {limit} bytes");
            }

            buffer.Write(chunk, 0, count);
        }

        return buffer.ToArray();
    }

    private static T Guard<T>(string name, string field, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not (ImageFormatException or OutOfMemoryException))
        {
            // The input is all in memory: whatever the base library's readers say is about the bytes.
            throw new ImageFormatException(
                ImageError.BadMagic,
                new ImageLocation(name, 0, field),
                $"this is no valid {(field == "gzip" ? "gzip data" : "tar archive")}: {e.Message}",
                e);
        }
    }

    private static ImageFormatException Fault(string name, ImageError error, string field, string problem) =>
        new(error, new ImageLocation(name, 0, field), problem);
}
