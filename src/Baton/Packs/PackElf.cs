using Baton.Formats.Elf;
using Baton.Handoffs;

namespace Baton.Packs;

/// <summary>
/// The ELF file around a packed program: a static executable with two segments, the program and, mapped right from the
/// file, the payload. Variables lie on the stack. Specification: System V ABI, chapters 4 and 5.
/// </summary>
internal static class PackElf
{
    /// <summary>Bytes of the headers, in front of the program's data.</summary>
    public const int HeadersSize = ElfFields.HeaderSize + (SegmentCount * ElfFields.ProgramHeaderSize);

    /// <summary>Offset of the payload in the file: everything else fits in front of it.</summary>
    public const int PayloadOffset = 0x2000;

    /// <summary>The address of the file's first byte.</summary>
    public const ulong ProgramAddress = 0x40_0000;

    /// <summary>
    /// The address of the payload: equal to its offset modulo 64 KiB, and on another page of that size than the program,
    /// for kernels with such pages.
    /// </summary>
    public const ulong PayloadAddress = 0x50_0000 + PayloadOffset;

    private const int SegmentCount = 3;
    private const ulong LargestPage = 0x1_0000;

    /// <summary>Writes the headers.</summary>
    /// <param name="headers">At least <see cref="HeadersSize"/> bytes of zeros.</param>
    /// <param name="architecture">X64 or Arm64.</param>
    /// <param name="entry">The address of the first instruction.</param>
    /// <param name="programSize">Bytes from the file's start to the end of the program.</param>
    /// <param name="payloadSize">Bytes of the payload.</param>
    public static void WriteHeaders(
        Span<byte> headers, Architecture architecture, ulong entry, int programSize, long payloadSize)
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
        ElfFields.Phnum.Write(headers, SegmentCount);

        Span<byte> table = headers[ElfFields.HeaderSize..];
        WriteLoad(table, ElfSegmentFlags.Read | ElfSegmentFlags.Execute, 0, ProgramAddress, programSize);
        WriteLoad(
            table[ElfFields.ProgramHeaderSize..], ElfSegmentFlags.Read, PayloadOffset, PayloadAddress, payloadSize);
        Span<byte> stack = table[(2 * ElfFields.ProgramHeaderSize)..];
        ElfFields.PType.Write(stack, (uint)ElfSegmentType.GnuStack);
        ElfFields.PFlags.Write(stack, (uint)(ElfSegmentFlags.Read | ElfSegmentFlags.Write));
        ElfFields.PAlign.Write(stack, 16);
    }

    private static void WriteLoad(Span<byte> header, ElfSegmentFlags flags, int offset, ulong address, long size)
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
