using System.IO.Compression;
using System.Text;
using Baton.Bytes;
using Baton.Formats.Arm64Image;
using Baton.Formats.BzImage;
using Baton.Formats.Cpio;
using Baton.Formats.DeviceTrees;
using Baton.Formats.Elf;
using Baton.Formats.Pe;
using Baton.Formats.Zboot;
using Baton.Memory;

namespace Baton.Tests.Formats;

/// <summary>The smallest images that are valid, so that each test can break exactly one thing.</summary>
internal static class TestImages
{
    public const string Version = "6.1.0-test (tester@example.org) #1 SMP";

    /// <summary>Offset of the protected-mode code in the bzImage: two sectors.</summary>
    public const int KernelOffset = 0x400;

    public const int PayloadOffset = 0x240;

    public static ArraySource Source(byte[] bytes, string name = "test") => new(bytes, name);

    /// <summary>A bzImage of boot protocol 2.15, or of an older one, with an ELF file as its gzip payload.</summary>
    public static byte[] BzImage(ushort version = 0x20f, Func<byte[], byte[]>? pack = null)
    {
        byte[] payload = (pack ?? Gzip)(Elf());
        int length = (PayloadOffset + payload.Length + 4 + 15) & ~15;
        byte[] image = new byte[KernelOffset + length];
        SetupFields.SetupSects.Write(image, 1);
        SetupFields.RootFlags.Write(image, 1);
        SetupFields.Syssize.Write(image, (uint)length / 16);
        SetupFields.BootFlag.Write(image, SetupFields.BootFlagValue);
        int end = SetupFields.All.Where(f => f.Since <= version).Max(f => f.End);
        SetupFields.Jump.Write(image, (ushort)(0xeb | ((end - 0x202) << 8)));
        SetupFields.Header.Write(image, SetupFields.HeaderMagic);
        SetupFields.Version.Write(image, version);
        SetupFields.KernelVersion.Write(image, 0x100);
        SetupFields.Loadflags.Write(image, (byte)LoadFlags.LoadedHigh);
        SetupFields.Code32Start.Write(image, 0x10_0000);
        SetupFields.InitrdAddrMax.Write(image, 0x7fff_ffff);
        SetupFields.KernelAlignment.Write(image, 0x20_0000);
        SetupFields.RelocatableKernel.Write(image, 1);
        WriteSince(0x206, () => SetupFields.CmdlineSize.Write(image, 2047));
        WriteSince(0x208, () => SetupFields.PayloadOffset.Write(image, PayloadOffset));
        WriteSince(0x208, () => SetupFields.PayloadLength.Write(image, (uint)payload.Length));
        WriteSince(0x20a, () => SetupFields.MinAlignment.Write(image, 21));
        WriteSince(0x20a, () => SetupFields.PrefAddress.Write(image, 0x100_0000));
        WriteSince(0x20a, () => SetupFields.InitSize.Write(image, 0x40_0000));
        WriteSince(0x20b, () => SetupFields.HandoverOffset.Write(image, 0x220));
        WriteSince(0x20c, () => SetupFields.Xloadflags.Write(image, 0x7f));
        Encoding.ASCII.GetBytes(Version, image.AsSpan(0x300));
        payload.CopyTo(image.AsSpan(KernelOffset + PayloadOffset));

        // The checksum that makes the CRC of the whole file 0.
        Crc32 crc = default;
        crc.Add(image.AsSpan(0, image.Length - 4));
        BitConverter.TryWriteBytes(image.AsSpan(image.Length - 4), ~crc.Value);
        return image;

        void WriteSince(ushort since, Action write)
        {
            if (version >= since)
            {
                write();
            }
        }
    }

    /// <summary>An ELF file: two load segments, a note with the PVH entry, three sections, a Linux banner.</summary>
    public static byte[] Elf(ElfMachine machine = ElfMachine.X64)
    {
        byte[] image = new byte[0x700];
        ElfFields.Magic.Write(image, ElfFields.MagicValue);
        ElfFields.Class.Write(image, ElfFields.Class64);
        ElfFields.Data.Write(image, ElfFields.LittleEndian);
        ElfFields.IdentVersion.Write(image, 1);
        ElfFields.Type.Write(image, (ushort)ElfType.Executable);
        ElfFields.Machine.Write(image, (ushort)machine);
        ElfFields.Version.Write(image, 1);
        ElfFields.Entry.Write(image, 0x100_0100);
        ElfFields.Phoff.Write(image, ElfFields.HeaderSize);
        ElfFields.Ehsize.Write(image, ElfFields.HeaderSize);
        ElfFields.Phentsize.Write(image, ElfFields.ProgramHeaderSize);
        ElfFields.Phnum.Write(image, 3);
        ElfFields.Shoff.Write(image, 0x600);
        ElfFields.Shentsize.Write(image, ElfFields.SectionHeaderSize);
        ElfFields.Shnum.Write(image, 3);
        ElfFields.Shstrndx.Write(image, 2);
        WriteSegment(image, 0, new ElfSegment
        {
            Type = ElfSegmentType.Load,
            Flags = ElfSegmentFlags.Read | ElfSegmentFlags.Execute,
            Offset = 0x200,
            VirtualAddress = 0xffff_ffff_8100_0000,
            PhysicalAddress = 0x100_0000,
            FileSize = 0x200,
            MemorySize = 0x200,
            Alignment = 0x100,
        });
        WriteSegment(image, 1, new ElfSegment
        {
            Type = ElfSegmentType.Load,
            Flags = ElfSegmentFlags.Read | ElfSegmentFlags.Write,
            Offset = 0x400,
            VirtualAddress = 0xffff_ffff_8110_0000,
            PhysicalAddress = 0x110_0000,
            FileSize = 0x100,
            MemorySize = 0x8000,
            Alignment = 0x100,
        });
        WriteSegment(image, 2, new ElfSegment
        {
            Type = ElfSegmentType.Note,
            Flags = ElfSegmentFlags.Read,
            Offset = 0x380,
            VirtualAddress = 0xffff_ffff_8100_0180,
            PhysicalAddress = 0x100_0180,
            FileSize = 24,
            MemorySize = 24,
            Alignment = 4,
        });
        ElfFields.NNamesz.Write(image.AsSpan(0x380), 4);
        ElfFields.NDescsz.Write(image.AsSpan(0x380), 8);
        ElfFields.NType.Write(image.AsSpan(0x380), ElfNote.XenPhys32Entry);
        "Xen\0"u8.CopyTo(image.AsSpan(0x38c));
        BitConverter.TryWriteBytes(image.AsSpan(0x390), 0x100_0150UL);
        Encoding.ASCII.GetBytes($"Linux version %s\0Linux version {Version}\n\0", image.AsSpan(0x420));
        WriteSection(image, 1, new ElfSection(".text", 1, 6, 0xffff_ffff_8100_0000, 0x200, 0x200), 1);
        WriteSection(image, 2, new ElfSection(".shstrtab", 3, 0, 0, 0x500, 17), 7);
        "\0.text\0.shstrtab\0"u8.CopyTo(image.AsSpan(0x500));
        return image;
    }

    /// <summary>
    /// A device tree with two nodes of memory, three banks, reserved memory of both kinds, two buses with windows, and
    /// /chosen.
    /// </summary>
    public static byte[] DeviceTree()
    {
        DeviceTree tree = Baton.Formats.DeviceTrees.DeviceTree.Create("test");
        tree.Reservations.Add(new PhysicalRange(new PhysicalAddress(0x4800_0000), 0x1_0000));
        DeviceNode root = tree.Root;
        root.SetStrings("compatible", "test,board");
        root.SetStrings("model-names", "test,board", "test,family");
        root.SetCells("#address-cells", 2);
        root.SetCells("#size-cells", 2);
        DeviceNode memory = root.Add("memory@40000000");
        memory.SetStrings("device_type", "memory");
        memory.SetReg(
            "reg",
            new DeviceRange(0x4000_0000, 0x4000_0000),
            new DeviceRange(0x8_8000_0000, 0x4000_0000),
            new DeviceRange(0, 0));
        DeviceNode more = root.Add("memory@900000000");
        more.SetStrings("device_type", "memory");
        more.SetEmpty("hotpluggable");
        more.SetReg("reg", new DeviceRange(0x9_0000_0000, 0x1000_0000));
        DeviceNode reserved = root.Add("reserved-memory");
        reserved.SetCells("#address-cells", 2);
        reserved.SetCells("#size-cells", 1);
        reserved.SetEmpty("ranges");
        DeviceNode firmware = reserved.Add("firmware@48000000");
        firmware.SetReg("reg", new DeviceRange(0x4800_0000, 0x10_0000));
        firmware.SetEmpty("no-map");
        DeviceNode pool = reserved.Add("pool");
        pool.SetCells("size", 0x40_0000);
        pool.SetEmpty("reusable");
        DeviceNode soc = root.Add("soc");
        soc.SetCells("#address-cells", 1);
        soc.SetCells("#size-cells", 1);
        soc.SetCells("ranges", 0, 9, 0, 0x1_0000);
        DeviceNode bus = soc.Add("bus");
        bus.SetCells("#address-cells", 1);
        bus.SetCells("#size-cells", 1);
        bus.SetCells("ranges", 0, 0x1000, 0x100);
        DeviceNode sram = bus.Add("sram@20");
        sram.SetCells("phandle", 7);
        sram.SetReg("reg", new DeviceRange(0x20, 0x10));
        DeviceNode chosen = root.Add("chosen");
        chosen.SetStrings("bootargs", "console=ttyAMA0");
        chosen.SetU64("kaslr-seed", 0x1122_3344_5566_7788);
        chosen.Set("odd", new byte[] { 1, 2, 3 });
        return tree.ToArray();
    }
    /// <summary>An arm64 Image for pages of 4 KiB, with a PE header and a Linux banner.</summary>
    public static byte[] Arm64Image(ulong flags = 0xa)
    {
        byte[] text = Encoding.ASCII.GetBytes($"Linux version {Version}\n\0".PadRight(500));
        byte[] image = TestPe.Build(PeMachine.AArch64, (".text", text));
        Arm64ImageFields.ImageSize.Write(image, 0x20_0000);
        Arm64ImageFields.Flags.Write(image, flags);
        Arm64ImageFields.Magic.Write(image, Arm64ImageFields.MagicValue);
        return image;
    }

    /// <summary>A vmlinux: the Image in two segments for virtual addresses, the second with room behind it.</summary>
    public static byte[] Arm64Vmlinux(byte[] image)
    {
        const ulong start = 0xffff_8000_0800_0000;
        const int first = 0x200;
        byte[] elf = new byte[0x2000 + image.Length - first];
        Elf(ElfMachine.AArch64).AsSpan(0, ElfFields.HeaderSize).CopyTo(elf);
        ElfFields.Entry.Write(elf, start);
        ElfFields.Phnum.Write(elf, 2);
        ElfFields.Shoff.Write(elf, 0);
        ElfFields.Shnum.Write(elf, 0);
        ElfFields.Shstrndx.Write(elf, 0);
        ElfSegment segment = new()
        {
            Type = ElfSegmentType.Load,
            Flags = ElfSegmentFlags.Read | ElfSegmentFlags.Execute,
            Offset = 0x1000,
            VirtualAddress = start,
            PhysicalAddress = start,
            FileSize = first,
            MemorySize = first,
            Alignment = 0x100,
        };
        WriteSegment(elf, 0, segment);
        WriteSegment(elf, 1, segment with
        {
            Offset = 0x2000,
            VirtualAddress = start + first,
            PhysicalAddress = start + first,
            FileSize = image.Length - first,
            MemorySize = 0x10_0000,
        });
        image.AsSpan(0, first).CopyTo(elf.AsSpan(0x1000));
        image.AsSpan(first).CopyTo(elf.AsSpan(0x2000));
        return elf;
    }

    /// <summary>A unified kernel image with all that one can carry.</summary>
    public static byte[] Uki(byte[] kernel, PeMachine machine = PeMachine.AArch64) => TestPe.Build(
        machine,
        (".text", new byte[100]),
        (".osrel", "NAME=Test\nPRETTY_NAME=\"Test 1\"\n"u8.ToArray()),
        (".cmdline", "console=ttyAMA0\nquiet \n\0"u8.ToArray()),
        (".uname", "6.1.0-test\0"u8.ToArray()),
        (".ucode", Microcode()),
        (".initrd", Gzip(Cpio())),
        (".dtb", BoardTree()),
        (".sbat", "sbat,1,test\n"u8.ToArray()),
        (".linux", kernel));

    /// <summary>The device tree with a /reserved-memory that Linux reads: it has the root's numbers of cells.</summary>
    public static byte[] BoardTree()
    {
        DeviceTree tree = Baton.Formats.DeviceTrees.DeviceTree.Parse(DeviceTree(), "board");
        DeviceNode reserved = tree.Root.Child("reserved-memory")!;
        reserved.SetCells("#size-cells", 2);
        reserved.Child("firmware")!.SetReg("reg", new DeviceRange(0x4800_0000, 0x10_0000));
        reserved.Child("pool")!.SetCells("size", 0, 0x40_0000);
        return tree.ToArray();
    }

    /// <summary>A cpio archive with one entry of each kind.</summary>
    public static byte[] Cpio()
    {
        using MemoryStream stream = new();
        using (CpioWriter cpio = new(stream))
        {
            cpio.Directory("bin").File("bin/init", "#!/bin/sh\n"u8.ToArray(), 0x1ed).Symlink("init", "bin/init")
                .Directory("dev").Device("dev/console", 5, 1).File("empty", ReadOnlyMemory<byte>.Empty);
        }

        return stream.ToArray();
    }

    /// <summary>An archive with microcode in it.</summary>
    public static byte[] Microcode()
    {
        using MemoryStream stream = new();
        using (CpioWriter cpio = new(stream))
        {
            cpio.Directory("kernel").Directory("kernel/x86").Directory("kernel/x86/microcode")
                .File("kernel/x86/microcode/GenuineIntel.bin", new byte[100]);
        }

        return stream.ToArray();
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    /// <summary>Bytes that are the same each time: some that pack well, and some that do not.</summary>
    public static byte[] Sample(int length)
    {
        byte[] bytes = new byte[length];
        Random random = new(length);
        for (int i = 0; i < length;)
        {
            int run = Math.Min(random.Next(1, 200), length - i);
            if (random.Next(2) == 0)
            {
                random.NextBytes(bytes.AsSpan(i, run));
            }
            else
            {
                bytes.AsSpan(i, run).Fill((byte)random.Next(4));
            }

            i += run;
        }

        return bytes;
    }

    internal static void WriteSegment(byte[] image, int index, ElfSegment segment)
    {
        Span<byte> header = image.AsSpan(ElfFields.HeaderSize + (index * ElfFields.ProgramHeaderSize));
        ElfFields.PType.Write(header, (uint)segment.Type);
        ElfFields.PFlags.Write(header, (uint)segment.Flags);
        ElfFields.POffset.Write(header, (ulong)segment.Offset);
        ElfFields.PVaddr.Write(header, segment.VirtualAddress);
        ElfFields.PPaddr.Write(header, segment.PhysicalAddress);
        ElfFields.PFilesz.Write(header, (ulong)segment.FileSize);
        ElfFields.PMemsz.Write(header, segment.MemorySize);
        ElfFields.PAlign.Write(header, segment.Alignment);
    }

    internal static void WriteSection(byte[] image, int index, ElfSection section, uint name, int table = 0x600)
    {
        Span<byte> header = image.AsSpan(table + (index * ElfFields.SectionHeaderSize));
        ElfFields.ShName.Write(header, name);
        ElfFields.ShType.Write(header, section.Type);
        ElfFields.ShFlags.Write(header, section.Flags);
        ElfFields.ShAddr.Write(header, section.Address);
        ElfFields.ShOffset.Write(header, section.Offset);
        ElfFields.ShSize.Write(header, section.Size);
        ElfFields.ShLink.Write(header, section.Link);
        ElfFields.ShAddralign.Write(header, 1);
    }
}
