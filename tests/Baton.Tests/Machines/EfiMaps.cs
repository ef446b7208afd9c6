using System.Buffers.Binary;
using Baton.Formats.Elf;

namespace Baton.Tests.Machines;

/// <summary>The EFI memory map of <see cref="Trees.UefiPc"/>, as it lies in physical memory.</summary>
internal static class EfiMaps
{
    /// <summary>Where boot_params say that it lies.</summary>
    public const long Start = 0x3f77_1040;

    private const int DescriptorSize = 48;

    /// <summary>Three descriptors: all of the memory that boot_params' e820 has, and a device.</summary>
    public static byte[] Bytes()
    {
        byte[] map = new byte[3 * DescriptorSize];
        Write(map.AsSpan(), 7, 0, 0x100);
        Write(map.AsSpan(DescriptorSize), 4, 0x10_0000, 0x4_0000);
        Write(map.AsSpan(2 * DescriptorSize), 11, 0xffc0_0000, 0x400);
        return map;
    }

    /// <summary>A core file as /proc/kcore is one: a note, the kernel's text, and RAM, of which the map is a part.</summary>
    public static byte[] Core(byte[] map)
    {
        const int text = 0x1000;
        const int ram = 0x2000;
        const ulong page = Start & ~0xfffL;
        byte[] core = new byte[ram + 0x1000];
        ElfFields.Magic.Write(core, ElfFields.MagicValue);
        ElfFields.Phoff.Write(core, ElfFields.HeaderSize);
        ElfFields.Phnum.Write(core, 3);
        WriteSegment(0, 4, 0x200, 0, 0x100);
        WriteSegment(1, 1, text, ulong.MaxValue, 0x1000);
        WriteSegment(2, 1, ram, page, 0x1000);
        map.CopyTo(core.AsSpan(ram + (int)((ulong)Start - page)));
        return core;

        void WriteSegment(int index, uint type, ulong offset, ulong physical, ulong size)
        {
            Span<byte> header = core.AsSpan(ElfFields.HeaderSize + (index * ElfFields.ProgramHeaderSize));
            ElfFields.PType.Write(header, type);
            ElfFields.PFlags.Write(header, 7);
            ElfFields.POffset.Write(header, offset);
            ElfFields.PVaddr.Write(header, 0xffff_8880_0000_0000 + offset);
            ElfFields.PPaddr.Write(header, physical);
            ElfFields.PFilesz.Write(header, size);
            ElfFields.PMemsz.Write(header, size);
        }
    }

    private static void Write(Span<byte> place, uint type, ulong start, ulong pages)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(place, type);
        BinaryPrimitives.WriteUInt64LittleEndian(place[8..], start);
        BinaryPrimitives.WriteUInt64LittleEndian(place[24..], pages);
        BinaryPrimitives.WriteUInt64LittleEndian(place[32..], 15);
    }
}
