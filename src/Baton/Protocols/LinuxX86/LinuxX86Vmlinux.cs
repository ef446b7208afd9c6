using Baton.Bytes;
using Baton.Formats.BzImage;
using Baton.Formats.Elf;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Protocols.LinuxX86;

/// <summary>
/// A vmlinux (ELF64) as a kernel of this protocol. It is entered at startup_64, where a bzImage's decompressor would
/// arrive, and has no setup header, so the least that the kernel reads of one is made up.
/// </summary>
public static class LinuxX86Vmlinux
{
    /// <summary>Version 2.15 of the protocol, the newest whose fields are filled.</summary>
    private const ushort ProtocolVersion = 0x020f;

    private const int DefaultCommandLineLimit = 2047;

    /// <summary>Where every amd64 kernel is linked (Documentation/arch/x86/x86_64/mm.rst, kernel text mapping).</summary>
    private const ulong KernelMap = 0xffff_ffff_8000_0000;

    /// <summary>Makes the kernel.</summary>
    /// <exception cref="ImageFormatException">Not an amd64 Linux kernel with segments to load.</exception>
    public static LinuxX86Kernel From(ElfFile elf)
    {
        ArgumentNullException.ThrowIfNull(elf);
        if (elf.Architecture != Architecture.X64)
        {
            throw Refuse(
                elf, ImageError.WrongArchitecture, "e_machine", $"found {elf.Machine}, expected an amd64 kernel");
        }

        List<ElfSegment> load = [.. elf.LoadSegments.Where(s => s.MemorySize > 0).OrderBy(s => s.PhysicalAddress)];
        if (load.Count == 0)
        {
            throw Refuse(elf, ImageError.Inconsistent, "p_type", "no PT_LOAD segment");
        }

        if (elf.FindLinuxVersion() is null || !load.Exists(segment => segment.VirtualAddress >= KernelMap))
        {
            throw Refuse(elf, ImageError.UnknownFormat, "format", $"found {LookOf(elf)}, expected a Linux kernel: a vmlinux");
        }

        PhysicalAddress start = new(load[0].PhysicalAddress);
        PhysicalAddress end = start;
        List<ContentPart> parts = [];
        foreach (ElfSegment segment in load)
        {
            PhysicalRange range = new(new PhysicalAddress(segment.PhysicalAddress), segment.MemorySize);
            if (range.Start < end)
            {
                throw Refuse(elf, ImageError.Inconsistent, "p_paddr", $"segments overlap at {range.Start}");
            }

            if (segment.FileSize > 0)
            {
                parts.Add(new ContentPart(
                    (long)(range.Start - start), elf.Source, segment.Offset, segment.FileSize));
            }

            end = range.End;
        }

        ulong length = end - start;
        if (!start.IsAligned(KexecLimits.PageSize) || elf.Entry < start.Value || elf.Entry >= end.Value)
        {
            throw Refuse(
                elf, ImageError.OutOfRange, "e_entry", $"entry 0x{elf.Entry:x}, and the segments lie at {start} to {end}");
        }

        return new LinuxX86Kernel
        {
            Name = elf.Source.Name,
            Content = new SegmentContent(parts),
            LoadedLength = length,
            Footprint = length,
            Preferred = start,
            Alignment = 0x20_0000,
            Relocatable = false,
            EntryOffset = elf.Entry - start.Value,
            SetupHeader = MadeUpHeader(),
            Above4GiB = true,
            TakesEfi = true,

            // Its ELF file does not say, and one built without CONFIG_X86_5LEVEL is lost with 5 levels. All take 4.
            Takes5Level = false,
            InitrdLimit = new PhysicalAddress(ulong.MaxValue),
            CommandLineLimit = DefaultCommandLineLimit,
        };
    }

    /// <summary>What an ELF file without the marks of a Linux kernel looks like, for people.</summary>
    private static string LookOf(ElfFile elf) =>
        elf.Segments.Any(segment => segment.Type == ElfSegmentType.Interp) ? "a program that needs an interpreter (PT_INTERP)"
        : elf.Type == ElfType.Shared ? "a position-independent program or library"
        : elf.LoadSegments.Any(segment => segment.VirtualAddress >= KernelMap)
            ? "a kernel without the words \"Linux version\" in it: another system's"
        : $"a program or another system's kernel: nothing in it is linked at 0x{KernelMap:x} or above";

    private static byte[] MadeUpHeader()
    {
        byte[] page = new byte[BootParamsFields.Size];
        SetupFields.BootFlag.Write(page, SetupFields.BootFlagValue);
        SetupFields.Header.Write(page, SetupFields.HeaderMagic);
        SetupFields.Version.Write(page, ProtocolVersion);
        SetupFields.Loadflags.Write(page, (byte)LoadFlags.LoadedHigh);
        SetupFields.InitrdAddrMax.Write(page, 0x7fff_ffff);
        SetupFields.KernelAlignment.Write(page, 0x20_0000);
        SetupFields.CmdlineSize.Write(page, DefaultCommandLineLimit);
        return page[SetupFields.SetupSects.Offset..SetupFields.KernelInfoOffset.End];
    }

    private static ImageFormatException Refuse(ElfFile elf, ImageError error, string field, string problem) =>
        new(error, new ImageLocation(elf.Source.Name, 0, field), problem);
}
