using Baton.Bytes;

namespace Baton.Formats.Pe;

/// <summary>A section of a PE image, checked against the file's end and the 32-bit address space.</summary>
/// <param name="Name">The name of at most eight bytes, safe to print.</param>
/// <param name="VirtualAddress">Where it is in memory, from the image's base.</param>
/// <param name="VirtualSize">Bytes in memory.</param>
/// <param name="PointerToRawData">Where it is in the file, in bytes.</param>
/// <param name="SizeOfRawData">Bytes in the file, rounded up to the file's alignment.</param>
/// <param name="Characteristics">The flags.</param>
public sealed record PeSection(
    string Name, uint VirtualAddress, uint VirtualSize, uint PointerToRawData, uint SizeOfRawData, uint Characteristics)
{
    /// <summary>Bytes of the file that mean something: without what only fills it up. At most SizeOfRawData.</summary>
    public uint ContentLength => VirtualSize == 0 ? SizeOfRawData : Math.Min(VirtualSize, SizeOfRawData);

    /// <summary>First byte of the file behind the section.</summary>
    public long RawEnd => (long)PointerToRawData + SizeOfRawData;

    /// <exception cref="ImageFormatException">It lies outside the file, or wraps in memory.</exception>
    internal static PeSection Parse(ByteView header, long fileLength)
    {
        ReadOnlySpan<byte> name = header.Take(0, PeFields.NameSize, "Name");
        int end = name.IndexOf((byte)0);
        PeSection section = new(
            PrintableText.Of(end < 0 ? name : name[..end]),
            PeFields.VirtualAddress.Read(header),
            PeFields.VirtualSize.Read(header),
            PeFields.PointerToRawData.Read(header),
            PeFields.SizeOfRawData.Read(header),
            PeFields.SectionCharacteristics.Read(header));
        if ((ulong)section.VirtualAddress + Math.Max(section.VirtualSize, section.SizeOfRawData) > 1UL << 32)
        {
            throw PeFields.VirtualAddress.Fault(
                header,
                ImageError.OutOfRange,
                $"section {section.Name}: 0x{section.VirtualSize:x} bytes from 0x{section.VirtualAddress:x} wrap around");
        }

        if (section.SizeOfRawData > 0 && section.RawEnd > fileLength)
        {
            throw PeFields.SizeOfRawData.Fault(
                header,
                ImageError.Truncated,
                $"section {section.Name} has 0x{section.SizeOfRawData:x} bytes from 0x{section.PointerToRawData:x}, "
                + $"the file ends at 0x{fileLength:x}");
        }

        return section;
    }
}
