using Baton.Formats.Elf;
using Baton.Handoffs;

namespace Baton.Packs;

/// <summary>
/// The ELF file around a packed program: a static executable with two segments, the program and, mapped right from the
/// file, the payload; and a third where something is written to. Variables lie on the stack. Specification: System V ABI,
/// chapters 4 and 5.
/// </summary>
internal static class PackElf
{
    /// <summary>Offset of the payload in the file: everything else fits in front of it, but for the largest programs.</summary>
    public const int PayloadOffset = 0x2000;

    /// <summary>The same for a program that does not: one that asks this boot much, for a machine of many ranges.</summary>
    public const int FarPayloadOffset = 0x3000;

    /// <summary>The address of the file's first byte.</summary>
    public const ulong ProgramAddress = 0x40_0000;

    /// <summary>
    /// The address of a place in the payload: equal to its offset in the file modulo 64 KiB, and on another page of that size
    /// than the program, for kernels with such pages.
    /// </summary>
    public static ulong PayloadAddress(long offset) => PayloadBase + (ulong)offset;

    /// <summary>Bytes of the memory behind all that is loaded from the file: the largest device tree, and one to spare.</summary>
    public const int ScratchSize = (2 << 20) + 4096;

    private const ulong PayloadBase = 0x50_0000;
    private const ulong LargestPage = 0x1_0000;

    /// <summary>The address of a place in the file that is written to: on another page than what is not.</summary>
    public static ulong WritableAddress(long offset) => PayloadBase + LargestPage + (ulong)offset;

    /// <summary>The address of the memory behind all that is loaded from the file; a multiple of 8.</summary>
    public static ulong ScratchAddress(PackLayout layout) =>
        (WritableAddress(layout.VariableEnd) + sizeof(ulong) - 1) & ~(ulong)(sizeof(ulong) - 1);

    /// <summary>Bytes of the headers, in front of the program's data.</summary>
    public static int HeadersSize(PackLayout layout) =>
        ElfFields.HeaderSize + (SegmentCount(layout) * ElfFields.ProgramHeaderSize);

    /// <summary>Writes the headers.</summary>
    /// <param name="headers">At least <see cref="HeadersSize"/> bytes of zeros.</param>
    /// <param name="architecture">X64 or Arm64.</param>
    /// <param name="entry">The address of the first instruction.</param>
    /// <param name="programSize">Bytes from the file's start to the end of the program.</param>
    /// <param name="layout">Where the payload lies in the file.</param>
    public static void WriteHeaders(
        Span<byte> headers, Architecture architecture, ulong entry, int programSize, PackLayout layout)
    {
        ElfFields.Magic.Write(headers, ElfFields.MagicValue);
        ElfFields.Class.Write(headers, ElfFields.Class64);
        ElfFields.Data.Write(headers, ElfFields.LittleEndian);
        ElfFields.IdentVersion.Write(headers, 1);
        ElfFields.Type.Write(headers, (ushort)ElfType.Executable);
        ElfFields.Machine.Write(
            headers, (ushort)(architecture == Architecture.X64 ? ElfMachine.X64 : ElfMachine.AArch64));
        ElfFields.Version.Write(headers, 1);
        ElfFields.Entry.Write(headers, entry);
        ElfFields.Phoff.Write(headers, ElfFields.HeaderSize);
        ElfFields.Ehsize.Write(headers, ElfFields.HeaderSize);
        ElfFields.Phentsize.Write(headers, ElfFields.ProgramHeaderSize);
        ElfFields.Phnum.Write(headers, (ushort)SegmentCount(layout));

        Span<byte> header = headers[ElfFields.HeaderSize..];
        WriteLoad(header, ElfSegmentFlags.Read | ElfSegmentFlags.Execute, 0, ProgramAddress, programSize);
        header = header[ElfFields.ProgramHeaderSize..];
        WriteLoad(
            header, ElfSegmentFlags.Read, layout.PayloadOffset, PayloadAddress(layout.PayloadOffset),
            layout.ConstantEnd - layout.PayloadOffset);
        header = header[ElfFields.ProgramHeaderSize..];
        if (layout.IsWritable)
        {
            ulong address = WritableAddress(layout.VariableStart);
            WriteLoad(
                header, ElfSegmentFlags.Read | ElfSegmentFlags.Write, layout.VariableStart, address,
                layout.VariableEnd - layout.VariableStart);
            ElfFields.PMemsz.Write(header, ScratchAddress(layout) + ScratchSize - address);
            header = header[ElfFields.ProgramHeaderSize..];
        }

        ElfFields.PType.Write(header, (uint)ElfSegmentType.GnuStack);
        ElfFields.PFlags.Write(header, (uint)(ElfSegmentFlags.Read | ElfSegmentFlags.Write));
        ElfFields.PAlign.Write(header, 16);
    }

    private static int SegmentCount(PackLayout layout) => layout.IsWritable ? 4 : 3;

    private static void WriteLoad(Span<byte> header, ElfSegmentFlags flags, long offset, ulong address, long size)
    {
        ElfFields.PType.Write(header, (uint)ElfSegmentType.Load);
        ElfFields.PFlags.Write(header, (uint)flags);
        ElfFields.POffset.Write(header, (ulong)offset);
        ElfFields.PVaddr.Write(header, address);
        ElfFields.PPaddr.Write(header, address);
        ElfFields.PFilesz.Write(header, (ulong)size);
        ElfFields.PMemsz.Write(header, (ulong)size);
        ElfFields.PAlign.Write(header, LargestPage);
    }
}
