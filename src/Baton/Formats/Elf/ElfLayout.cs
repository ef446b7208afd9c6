using Baton.Bytes;

namespace Baton.Formats.Elf;

/// <summary>
/// The load segments of an ELF file as they lie in memory, from the lowest physical address on: what <c>objcopy -O binary</c>
/// writes. Between segments there are zeros; what is zeros behind the last of the file's bytes is left out.
/// </summary>
public sealed class ElfLayout : IByteSource
{
    private readonly IReadOnlyList<ElfSegment> _segments;
    private readonly IByteSource _file;

    private ElfLayout(IByteSource file, IReadOnlyList<ElfSegment> segments, long length)
    {
        _file = file;
        _segments = segments;
        Length = length;
        Name = $"{file.Name}: segments";
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Length { get; }

    /// <summary>The virtual address of the first byte.</summary>
    public ulong VirtualStart => _segments[0].VirtualAddress;

    private ulong Start => _segments[0].PhysicalAddress;

    /// <summary>Lays the segments out.</summary>
    /// <param name="elf">The file.</param>
    /// <param name="most">The most bytes that they may span.</param>
    /// <exception cref="ImageFormatException">Nothing is loaded, segments overlap, or they span too much.</exception>
    public static ElfLayout Of(ElfFile elf, long most)
    {
        ArgumentNullException.ThrowIfNull(elf);
        List<ElfSegment> segments = [.. elf.LoadSegments.Where(s => s.FileSize > 0).OrderBy(s => s.PhysicalAddress)];
        if (segments.Count == 0)
        {
            throw Fault(elf, ImageError.Inconsistent, "p_filesz", "no PT_LOAD segment with bytes in the file");
        }

        ulong start = segments[0].PhysicalAddress;
        ulong end = start;
        foreach (ElfSegment segment in segments)
        {
            if (segment.PhysicalAddress < end)
            {
                throw Fault(
                    elf, ImageError.Inconsistent, "p_paddr", $"segments overlap at 0x{segment.PhysicalAddress:x}");
            }

            // The segment's own range does not wrap: ElfSegment has checked its memory size, which is not less.
            end = segment.PhysicalAddress + (ulong)segment.FileSize;
        }

        return end - start <= (ulong)most
            ? new ElfLayout(elf.Source, segments, (long)(end - start))
            : throw Fault(
                elf,
                ImageError.OutOfRange,
                "p_paddr",
                $"the segments lie between 0x{start:x} and 0x{end:x}, expected at most {most >> 20} MiB");
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length || destination.Length > Length - offset)
        {
            throw new ImageFormatException(
                ImageError.Truncated,
                new ImageLocation(Name, offset, "bytes"),
                $"{destination.Length} bytes are needed here, the segments have {Length} in all");
        }

        destination.Clear();
        foreach (ElfSegment segment in _segments)
        {
            long at = (long)(segment.PhysicalAddress - Start);
            long from = Math.Max(offset, at);
            long to = Math.Min(offset + destination.Length, at + segment.FileSize);
            if (from < to)
            {
                _file.Read(segment.Offset + (from - at), destination[(int)(from - offset)..(int)(to - offset)]);
            }
        }
    }

    private static ImageFormatException Fault(ElfFile elf, ImageError error, string field, string problem) =>
        new(error, new ImageLocation(elf.Source.Name, 0, field), problem);
}
