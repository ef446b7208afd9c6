using Baton.Bytes;

namespace Baton.Formats.Elf;

/// <summary>All notes of an ELF file. Segments may lie one over another, so what counts is their sum.</summary>
internal static class ElfNotes
{
    /// <summary>The most bytes of notes that are read, and the most notes; kernels have some ten.</summary>
    private const long Longest = 1 << 20;
    private const int Most = 4096;

    /// <summary>Reads the notes of every segment that has some, in the file's order.</summary>
    /// <exception cref="ImageFormatException">
    /// <see cref="ImageError.OutOfRange"/>: too many, or too long a name. <see cref="ImageError.Truncated"/>: one ends behind its
    /// segment.
    /// </exception>
    public static List<ElfNote> Read(IByteSource source, IEnumerable<ElfSegment> segments)
    {
        List<ElfNote> notes = [];
        long bytes = 0;
        foreach (ElfSegment segment in segments.Where(s => s.Type == ElfSegmentType.Note))
        {
            if (segment.FileSize > Longest - bytes)
            {
                throw Refuse(source, segment, $"notes of more than {Longest} bytes in all segments together");
            }

            bytes += segment.FileSize;
            foreach (ElfNote note in ElfNote.Parse(
                source.Window(segment.Offset, (int)segment.FileSize), segment.Alignment == 8 ? 8 : 4))
            {
                if (notes.Count == Most)
                {
                    throw Refuse(source, segment, $"more than {Most} notes");
                }

                notes.Add(note);
            }
        }

        return notes;
    }

    private static ImageFormatException Refuse(IByteSource source, ElfSegment segment, string problem) =>
        new(ImageError.OutOfRange, new ImageLocation(source.Name, segment.Offset, ElfFields.PFilesz.Name), problem);
}
