using System.Text;
using Baton.Formats.Pe;
using Baton.Formats.Zboot;

namespace Baton.Tests.Formats;

/// <summary>PE images as tests need them; also for the tests of real kernels.</summary>
internal static class TestPe
{
    /// <summary>Where the first section's bytes begin, and what they are multiples of.</summary>
    private const int Content = 0x200;

    /// <summary>A PE32+ image with its headers at 0x40 and these sections, from 0x200 on.</summary>
    public static byte[] Build(PeMachine machine, params (string Name, byte[] Bytes)[] sections)
    {
        const int header = 0x40;
        const int table = header + PeFields.CoffHeaderSize + PeFields.OptionalHeaderSize + 128;
        int first = (table + (sections.Length * PeFields.SectionHeaderSize) + Content - 1) & -Content;
        byte[] image = new byte[first + sections.Sum(s => (s.Bytes.Length + Content - 1) & -Content)];
        PeFields.EMagic.Write(image, PeFields.DosMagic);
        PeFields.ELfanew.Write(image, header);
        Span<byte> headers = image.AsSpan(header);
        PeFields.Signature.Write(headers, PeFields.SignatureValue);
        PeFields.Machine.Write(headers, (ushort)machine);
        PeFields.NumberOfSections.Write(headers, (ushort)sections.Length);
        PeFields.SizeOfOptionalHeader.Write(headers, PeFields.OptionalHeaderSize + 128);
        PeFields.Magic.Write(headers, PeFields.Pe32Plus);
        PeFields.AddressOfEntryPoint.Write(headers, 0x1000);
        PeFields.SectionAlignment.Write(headers, 0x1000);
        PeFields.FileAlignment.Write(headers, Content);
        PeFields.SizeOfHeaders.Write(headers, (uint)first);
        PeFields.Subsystem.Write(headers, 10);
        PeFields.NumberOfRvaAndSizes.Write(headers, PeFields.Directories);
        int offset = first;
        uint address = 0x1000;
        for (int i = 0; i < sections.Length; i++)
        {
            (string name, byte[] content) = sections[i];
            Span<byte> section = image.AsSpan(table + (i * PeFields.SectionHeaderSize));
            Encoding.ASCII.GetBytes(name, section);
            int room = (content.Length + Content - 1) & -Content;
            PeFields.VirtualSize.Write(section, (uint)content.Length);
            PeFields.VirtualAddress.Write(section, address);
            PeFields.SizeOfRawData.Write(section, (uint)room);
            PeFields.PointerToRawData.Write(section, (uint)offset);
            content.CopyTo(image, offset);
            offset += room;
            address += ((uint)content.Length + 0xfff) & ~0xfffu;
        }

        PeFields.SizeOfImage.Write(headers, address);
        return image;
    }

    /// <summary>An EFI zboot image with these bytes as its payload, and the size behind it unless it is gzip's.</summary>
    public static byte[] Zboot(string type, byte[] packed, int unpackedSize)
    {
        byte[] size = type == "gzip" ? [] : BitConverter.GetBytes(unpackedSize);
        byte[] image = Build(PeMachine.AArch64, (".text", [.. packed, .. size]));
        ZbootFields.ImageType.Write(image, ZbootFields.ImageTypeValue);
        ZbootFields.PayloadOffset.Write(image, Content);
        ZbootFields.PayloadSize.Write(image, (uint)packed.Length);
        Encoding.ASCII.GetBytes(type, image.AsSpan(ZbootFields.CompressionType.Offset));
        return image;
    }
}
