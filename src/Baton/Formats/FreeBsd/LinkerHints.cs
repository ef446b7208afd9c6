using System.Text;
using Baton.Bytes;

namespace Baton.Formats.FreeBsd;

/// <summary>A line of the index: which file of the directory holds a module of a version.</summary>
/// <param name="Module">The module's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="File">The file's name in the directory of the index.</param>
public sealed record LinkerHint(string Module, int Version, string File);

/// <summary>The index of a directory of modules, <c>linker.hints</c>, as kldxref(8) writes it.</summary>
public sealed class LinkerHints
{
    /// <summary>The longest index that is read, as FreeBSD's loader has it.</summary>
    public const int Longest = 1 << 20;

    private const int VersionKind = 3;

    private static readonly Field<uint> FileVersion = new(0, "version");
    private static readonly Field<uint> Length = new(0, "length");
    private static readonly Field<uint> Kind = new(4, "type");
    private const int RecordHeader = 8;

    private LinkerHints(IReadOnlyList<LinkerHint> hints) => Hints = hints;

    /// <summary>The versions of modules, in the file's order.</summary>
    public IReadOnlyList<LinkerHint> Hints { get; }

    /// <summary>Reads the index; records other than versions are passed over.</summary>
    /// <exception cref="ImageFormatException">It is of another version, too long, or a record is malformed.</exception>
    public static LinkerHints Parse(ReadOnlyMemory<byte> bytes, string name)
    {
        ByteView image = new(bytes.Span, name);
        FileVersion.Expect(image, 1, ImageError.UnsupportedVersion);
        if (bytes.Length > Longest)
        {
            throw image.Fault(ImageError.OutOfRange, 0, "length", $"{bytes.Length} bytes, expected at most {Longest}");
        }

        // Numbers are aligned from here on.
        ByteView records = image.Slice(FileVersion.End, image.Length - FileVersion.End, "records");
        List<LinkerHint> hints = [];
        for (long at = 0; records.Length - at >= RecordHeader;)
        {
            uint length = Length.ReadAt(records, at);
            if (length < sizeof(uint))
            {
                throw records.Fault(ImageError.OutOfRange, at, Length.Name, $"found {length}, expected at least 4");
            }

            long end = at + sizeof(uint) + length;
            _ = records.Take(at + sizeof(uint), length, Length.Name);
            if (Kind.ReadAt(records, at) == VersionKind)
            {
                hints.Add(ReadVersion(records, at + RecordHeader, end));
            }

            at = end;
        }

        return new LinkerHints(hints);
    }

    private static LinkerHint ReadVersion(ByteView records, long at, long end)
    {
        string module = ReadText(records, ref at, end, "module");
        at = (at + 3) & ~3L;
        Bound(records, at, end, "module version");
        int version = BitConverter.ToInt32(records.Take(at, sizeof(int), "module version"));
        at += sizeof(int);
        return new LinkerHint(module, version, ReadText(records, ref at, end, "file"));
    }

    private static string ReadText(ByteView records, ref long at, long end, string field)
    {
        Bound(records, at, end, field);
        int length = records.Take(at, 1, field)[0];
        ReadOnlySpan<byte> text = records.Take(at + 1, length, field);
        at += 1 + length;
        return PrintableText.Of(Encoding.UTF8.GetString(text));
    }

    private static void Bound(ByteView records, long at, long end, string field)
    {
        if (at >= end)
        {
            throw records.Fault(ImageError.Inconsistent, at, field, "it is not in its record");
        }
    }
}
