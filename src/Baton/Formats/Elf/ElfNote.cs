using System.Buffers.Binary;
using Baton.Bytes;

namespace Baton.Formats.Elf;

/// <summary>A note: what a kernel says about itself to its loader.</summary>
/// <param name="Name">Who defines the type, e.g. <c>Xen</c>.</param>
/// <param name="Type">The type, a number of the name's owner.</param>
/// <param name="Description">The content.</param>
public sealed record ElfNote(string Name, uint Type, ReadOnlyMemory<byte> Description)
{
    /// <summary>XEN_ELFNOTE_PHYS32_ENTRY: the physical address of the PVH entry point.</summary>
    public const uint XenPhys32Entry = 18;

    /// <summary>Longest name that is taken: notes have names like <c>GNU</c> and <c>FreeBSD</c>.</summary>
    private const int LongestName = 256;

    /// <summary>The description as a number; null when it is not of 4 or 8 bytes.</summary>
    public ulong? Number => Description.Length switch
    {
        4 => BinaryPrimitives.ReadUInt32LittleEndian(Description.Span),
        8 => BinaryPrimitives.ReadUInt64LittleEndian(Description.Span),
        _ => null,
    };

    /// <summary>Reads the notes of a segment.</summary>
    /// <param name="notes">The segment's bytes.</param>
    /// <param name="alignment">4, or 8 for segments with that alignment.</param>
    internal static IEnumerable<ElfNote> Parse(ByteView notes, int alignment)
    {
        List<ElfNote> found = [];
        long offset = 0;
        while (notes.Length - offset >= ElfFields.NoteHeaderSize)
        {
            uint nameLength = ElfFields.NNamesz.ReadAt(notes, offset);
            uint length = ElfFields.NDescsz.ReadAt(notes, offset);
            if (nameLength > LongestName)
            {
                throw notes.Fault(
                    ImageError.OutOfRange,
                    offset,
                    ElfFields.NNamesz.Name,
                    $"found {nameLength}, expected at most {LongestName}");
            }

            long name = offset + ElfFields.NoteHeaderSize;
            long description = Align(name + nameLength, alignment);
            found.Add(new ElfNote(
                PrintableText.Of(notes.Take(name, nameLength, "n_name")),
                ElfFields.NType.ReadAt(notes, offset),
                notes.Take(description, length, "n_desc").ToArray()));
            offset = Align(description + length, alignment);
        }

        return found;
    }

    private static long Align(long offset, int alignment) => (offset + alignment - 1) & ~(alignment - 1L);
}
