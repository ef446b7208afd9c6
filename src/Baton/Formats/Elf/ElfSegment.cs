using Baton.Bytes;

namespace Baton.Formats.Elf;

/// <summary>What a program header describes; other values are kept as they are.</summary>
public enum ElfSegmentType : uint
{
    Null = 0,
    Load = 1,
    Dynamic = 2,
    Interp = 3,
    Note = 4,
    Phdr = 6,
    Tls = 7,
    GnuEhFrame = 0x6474_e550,
    GnuStack = 0x6474_e551,
    GnuRelro = 0x6474_e552,
    GnuProperty = 0x6474_e553,
}

/// <summary>The permissions of a segment.</summary>
[Flags]
public enum ElfSegmentFlags : uint
{
    None = 0,
    Execute = 1,
    Write = 2,
    Read = 4,
}

/// <summary>A program header, checked: its bytes are in the file, and neither of its ranges wraps.</summary>
public sealed record ElfSegment
{
    public required ElfSegmentType Type { get; init; }

    public required ElfSegmentFlags Flags { get; init; }

    /// <summary>Offset of the bytes in the file.</summary>
    public required long Offset { get; init; }

    public required ulong VirtualAddress { get; init; }

    public required ulong PhysicalAddress { get; init; }

    /// <summary>Bytes in the file.</summary>
    public required long FileSize { get; init; }

    /// <summary>Bytes in memory; those that are not in the file are zeros.</summary>
    public required ulong MemorySize { get; init; }

    /// <summary>Alignment in bytes; 0 and 1 mean none.</summary>
    public required ulong Alignment { get; init; }

    /// <summary>Whether an address, virtual or physical as the caller means it, lies in [start, start + memory size).</summary>
    public bool ContainsVirtual(ulong address) =>
        address >= VirtualAddress && address - VirtualAddress < MemorySize;

    /// <inheritdoc cref="ContainsVirtual"/>
    public bool ContainsPhysical(ulong address) =>
        address >= PhysicalAddress && address - PhysicalAddress < MemorySize;

    internal static ElfSegment Parse(ByteView header, long fileLength)
    {
        ulong offset = ElfFields.POffset.Read(header);
        ulong fileSize = ElfFields.PFilesz.Read(header);
        ulong memorySize = ElfFields.PMemsz.Read(header);
        ulong virtualAddress = ElfFields.PVaddr.Read(header);
        ulong physicalAddress = ElfFields.PPaddr.Read(header);
        ElfSegmentType type = (ElfSegmentType)ElfFields.PType.Read(header);
        if (offset > (ulong)fileLength || fileSize > (ulong)fileLength - offset)
        {
            throw ElfFields.PFilesz.Fault(
                header,
                ImageError.Truncated,
                $"the segment has 0x{fileSize:x} bytes from 0x{offset:x}, the file ends at 0x{fileLength:x}");
        }

        if (type == ElfSegmentType.Load && fileSize > memorySize)
        {
            throw ElfFields.PMemsz.Fault(
                header,
                ImageError.Inconsistent,
                $"found 0x{memorySize:x}, expected at least the 0x{fileSize:x} bytes of p_filesz");
        }

        CheckRange(header, ElfFields.PVaddr, virtualAddress, memorySize);
        CheckRange(header, ElfFields.PPaddr, physicalAddress, memorySize);
        ulong alignment = ElfFields.PAlign.Read(header);
        if (alignment > 1 && !ulong.IsPow2(alignment))
        {
            throw ElfFields.PAlign.Fault(
                header, ImageError.OutOfRange, $"found 0x{alignment:x}, expected 0 or a power of two");
        }

        return new ElfSegment
        {
            Type = type,
            Flags = (ElfSegmentFlags)ElfFields.PFlags.Read(header),
            Offset = (long)offset,
            VirtualAddress = virtualAddress,
            PhysicalAddress = physicalAddress,
            FileSize = (long)fileSize,
            MemorySize = memorySize,
            Alignment = alignment,
        };
    }

    private static void CheckRange(ByteView header, Field<ulong> field, ulong start, ulong length)
    {
        if (length > ulong.MaxValue - start)
        {
            throw field.Fault(
                header, ImageError.OutOfRange, $"0x{length:x} bytes from 0x{start:x} wrap around the address space");
        }
    }
}
