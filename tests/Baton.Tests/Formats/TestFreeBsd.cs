using System.Text;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;

namespace Baton.Tests.Formats;

/// <summary>How a linker lays a kernel out.</summary>
internal enum KernelLinker
{
    /// <summary>Two load segments, the second on no page boundary; p_paddr is virtual; the bss is not in the file.</summary>
    GnuLd,

    /// <summary>Five load segments, p_paddr above 2 MiB, the bss in the file.</summary>
    Lld,
}

/// <summary>The smallest FreeBSD kernels that are valid, made up here.</summary>
internal static class TestFreeBsd
{
    public const string Version = "FreeBSD 13.0-TEST #0 r1: Thu Jan  1 00:00:00 UTC 1970";
    public const ulong KernBase = FreeBsdKernelFile.KernBaseX64;
    public const ulong Start = KernBase + 0x20_0000;
    public const ulong Entry = Start + 0x280;

    /// <summary>Where the data's bytes are in the file, and in memory for <see cref="KernelLinker.GnuLd"/>.</summary>
    public const int DataOffset = 0x400;
    public const ulong GnuData = Start + 0x1400;

    private const int SymbolsOffset = 0x700;
    private const int NamesOffset = 0x800;
    private const int SectionNamesOffset = 0x840;
    private const int SectionsOffset = 0x880;
    private const int Sections = 7;
    private const ulong BssSize = 0x2345;

    /// <summary>The file's length without a bss in it.</summary>
    public const int Length = SectionsOffset + (Sections * ElfFields.SectionHeaderSize);

    public static FreeBsdKernelFile Open(bool relocatable = true, KernelLinker linker = KernelLinker.GnuLd) =>
        FreeBsdKernelFile.Open(ElfFile.Open(TestImages.Source(Kernel(relocatable, linker), "kernel")));

    /// <summary>A kernel for arm64: linked at KERNBASE.</summary>
    public static FreeBsdKernelFile OpenArm64(KernelLinker linker = KernelLinker.Lld) =>
        FreeBsdKernelFile.Open(ElfFile.Open(TestImages.Source(Arm64Kernel(linker), "kernel")));

    /// <inheritdoc cref="OpenArm64"/>
    public static byte[] Arm64Kernel(KernelLinker linker = KernelLinker.Lld)
    {
        byte[] image = Kernel(true, linker, FreeBsdKernelFile.KernBaseArm64, FreeBsdKernelFile.KernBaseArm64);
        ElfFields.Machine.Write(image, (ushort)ElfMachine.AArch64);
        return image;
    }

    /// <summary>A kernel with symbols, version, ident and one module of its own, <c>kernel</c> of version 1300000.</summary>
    public static byte[] Kernel(bool relocatable = true, KernelLinker linker = KernelLinker.GnuLd) =>
        Kernel(relocatable, linker, KernBase, Start);

    private static byte[] Kernel(bool relocatable, KernelLinker linker, ulong kernBase, ulong start)
    {
        bool isGnu = linker == KernelLinker.GnuLd;
        int bss = isGnu ? 0 : (int)BssSize;
        (int Offset, ulong Address, int Size, ulong Memory)[] loads = isGnu
            ? [(0, 0, DataOffset, DataOffset), (DataOffset, 0x1400, 0x300, 0x300 + BssSize)]
            :
            [
                (0, 0, 0x200, 0x200),
                (0x200, 0x200, 0x100, 0x100),
                (0x300, 0x3000, 0x100, 0x100),
                (DataOffset, 0x6000, 0x300, 0x300),
                (Length, 0x8000, bss, BssSize),
            ];
        return Kernel(relocatable, loads, isGnu ? 0 : kernBase, start);
    }

    /// <summary>A kernel whose load segments lie as is said.</summary>
    /// <param name="relocatable">Whether kernphys is a variable.</param>
    /// <param name="loads">
    /// Load segments, addresses from the kernel's start; text is in the file from 0x200 on, data from
    /// <see cref="DataOffset"/> to 0x700, and what lies behind <see cref="Length"/> is added.
    /// </param>
    /// <param name="below">What p_paddr is less than p_vaddr.</param>
    /// <param name="start">Where it is linked.</param>
    internal static byte[] Kernel(
        bool relocatable, (int Offset, ulong Address, int Size, ulong Memory)[] loads, ulong below, ulong start)
    {
        byte[] image = new byte[loads.Max(load => Math.Max(Length, load.Offset + load.Size))];
        ulong AddressOf(int offset) => start + loads.Where(load => offset >= load.Offset && offset < load.Offset + load.Size)
            .Select(load => load.Address + (ulong)(offset - load.Offset)).First();
        ulong entry = AddressOf(0x280);
        ulong data = AddressOf(DataOffset);
        WriteHeader(image, loads.Length, entry);
        for (int i = 0; i < loads.Length; i++)
        {
            TestImages.WriteSegment(image, i, new ElfSegment
            {
                Type = ElfSegmentType.Load,
                Flags = ElfSegmentFlags.Read | ElfSegmentFlags.Execute,
                Offset = loads[i].Offset,
                VirtualAddress = start + loads[i].Address,
                PhysicalAddress = unchecked(start + loads[i].Address - below),
                FileSize = loads[i].Size,
                MemorySize = loads[i].Memory,
                Alignment = 0x1000,
            });
        }

        image.AsSpan(0x200, 0x200).Fill(0x90);
        Encoding.ASCII.GetBytes(Version + "\n    tester@test:/usr/obj/GENERIC\n\0", image.AsSpan(DataOffset));
        "GENERIC\0"u8.CopyTo(image.AsSpan(DataOffset + 0x100));
        WriteMetadata(image, data);
        WriteSymbols(image, data, entry, relocatable);
        TestImages.WriteSection(image, 1, new ElfSection(".text", 1, 6, AddressOf(0x200), 0x200, 0x100), 1, SectionsOffset);
        TestImages.WriteSection(
            image, 2, new ElfSection("set_modmetadata_set", 1, 2, data + 0x140, DataOffset + 0x140, 8), 7, SectionsOffset);
        TestImages.WriteSection(
            image, 3, new ElfSection(".symtab", 2, 0, 0, SymbolsOffset, 5 * 24) { Link = 4 }, 27, SectionsOffset);
        TestImages.WriteSection(image, 4, new ElfSection(".strtab", 3, 0, 0, NamesOffset, 0x40), 35, SectionsOffset);
        TestImages.WriteSection(
            image, 5, new ElfSection(".shstrtab", 3, 0, 0, SectionNamesOffset, 0x40), 43, SectionsOffset);
        TestImages.WriteSection(
            image, 6, new ElfSection(".data", 1, 3, data + 0x150, DataOffset + 0x150, 0x100), 53, SectionsOffset);
        "\0.text\0set_modmetadata_set\0.symtab\0.strtab\0.shstrtab\0.data\0"u8.CopyTo(image.AsSpan(SectionNamesOffset));
        return image;
    }

    private static void WriteHeader(byte[] image, int segments, ulong entry)
    {
        ElfFields.Magic.Write(image, ElfFields.MagicValue);
        ElfFields.Class.Write(image, ElfFields.Class64);
        ElfFields.Data.Write(image, ElfFields.LittleEndian);
        ElfFields.IdentVersion.Write(image, 1);
        ElfFields.OsAbi.Write(image, FreeBsdKernelFile.OsAbi);
        ElfFields.Type.Write(image, (ushort)ElfType.Executable);
        ElfFields.Machine.Write(image, (ushort)ElfMachine.X64);
        ElfFields.Version.Write(image, 1);
        ElfFields.Entry.Write(image, entry);
        ElfFields.Phoff.Write(image, ElfFields.HeaderSize);
        ElfFields.Ehsize.Write(image, ElfFields.HeaderSize);
        ElfFields.Phentsize.Write(image, ElfFields.ProgramHeaderSize);
        ElfFields.Phnum.Write(image, (ushort)segments);
        ElfFields.Shoff.Write(image, SectionsOffset);
        ElfFields.Shentsize.Write(image, ElfFields.SectionHeaderSize);
        ElfFields.Shnum.Write(image, Sections);
        ElfFields.Shstrndx.Write(image, 5);
    }

    /// <summary>A pointer to a record, the record, its version and its name: all in one section, as the set's.</summary>
    private static void WriteMetadata(byte[] image, ulong data)
    {
        Span<byte> at = image.AsSpan(DataOffset + 0x140);
        BitConverter.TryWriteBytes(at, data + 0x150);
        BitConverter.TryWriteBytes(at[0x10..], 1);
        BitConverter.TryWriteBytes(at[0x14..], (int)ModuleMetadataKind.Version);
        BitConverter.TryWriteBytes(at[0x18..], data + 0x170);
        BitConverter.TryWriteBytes(at[0x20..], data + 0x178);
        BitConverter.TryWriteBytes(at[0x30..], 1_300_000);
        "kernel\0"u8.CopyTo(at[0x38..]);
    }

    private static void WriteSymbols(byte[] image, ulong data, ulong entry, bool relocatable)
    {
        "\0version\0kern_ident\0kernphys\0btext\0"u8.CopyTo(image.AsSpan(NamesOffset));
        WriteSymbol(1, 1, ElfSymbol.ObjectKind, 2, data, 64);
        WriteSymbol(2, 9, ElfSymbol.ObjectKind, 2, data + 0x100, 8);
        if (relocatable)
        {
            WriteSymbol(3, 20, ElfSymbol.ObjectKind, 2, data + 0x120, 8);
        }
        else
        {
            WriteSymbol(3, 20, 0, ElfSymbol.Absolute, 0x20_0000, 0);
        }

        WriteSymbol(4, 29, 2, 1, entry, 0);

        void WriteSymbol(int index, uint name, byte kind, ushort section, ulong value, ulong size)
        {
            Span<byte> symbol = image.AsSpan(SymbolsOffset + (index * ElfFields.SymbolSize));
            ElfFields.StName.Write(symbol, name);
            ElfFields.StInfo.Write(symbol, (byte)(0x10 | kind));
            ElfFields.StShndx.Write(symbol, section);
            ElfFields.StValue.Write(symbol, value);
            ElfFields.StSize.Write(symbol, size);
        }
    }
}
