using Baton.Bytes;

namespace Baton.Formats.DeviceTrees;

/// <summary>
/// The structures of a flattened device tree (DTB). Specification: Devicetree Specification v0.4, chapter 5.
/// </summary>
public static class DeviceTreeFields
{
    /// <summary>The blob's first four bytes as a number.</summary>
    public const uint MagicValue = 0xd00d_feed;

    /// <summary>The version that is written, and the newest that is known.</summary>
    public const uint NewestVersion = 17;

    /// <summary>The oldest version that is read: the first with the structure block of today.</summary>
    public const uint OldestVersion = 16;

    /// <summary>Sizes in bytes: the header, the header of version 16, an entry of the memory reservation block.</summary>
    public const int HeaderSize = 40;
    public const int HeaderSize16 = 36;
    public const int ReserveEntrySize = 16;

    /// <summary>Alignments in bytes of the memory reservation block, and of the structure block and its tokens.</summary>
    public const int ReservationAlignment = 8;
    public const int TokenAlignment = 4;

    /// <summary>The tokens of the structure block.</summary>
    public const uint BeginNode = 1;
    public const uint EndNode = 2;
    public const uint Prop = 3;
    public const uint Nop = 4;
    public const uint End = 9;

    public static readonly BigEndianField<uint> Magic = new(0, "magic");
    public static readonly BigEndianField<uint> TotalSize = new(4, "totalsize");
    public static readonly BigEndianField<uint> OffDtStruct = new(8, "off_dt_struct");
    public static readonly BigEndianField<uint> OffDtStrings = new(12, "off_dt_strings");
    public static readonly BigEndianField<uint> OffMemRsvmap = new(16, "off_mem_rsvmap");
    public static readonly BigEndianField<uint> Version = new(20, "version");
    public static readonly BigEndianField<uint> LastCompVersion = new(24, "last_comp_version");
    public static readonly BigEndianField<uint> BootCpuidPhys = new(28, "boot_cpuid_phys");
    public static readonly BigEndianField<uint> SizeDtStrings = new(32, "size_dt_strings");

    /// <summary>Since version 17.</summary>
    public static readonly BigEndianField<uint> SizeDtStruct = new(36, "size_dt_struct");

    /// <summary>An entry of the memory reservation block; offsets from its first byte.</summary>
    public static readonly BigEndianField<ulong> Address = new(0, "fdt_reserve_entry.address");
    public static readonly BigEndianField<ulong> Size = new(8, "fdt_reserve_entry.size");

    /// <summary>A token of the structure block, and what follows FDT_PROP; offsets from the token.</summary>
    public static readonly BigEndianField<uint> Token = new(0, "token");
    public static readonly BigEndianField<uint> Len = new(4, "len");
    public static readonly BigEndianField<uint> NameOff = new(8, "nameoff");

    /// <summary>Bytes of a property in the structure block before its value.</summary>
    public const int PropertyHeaderSize = 12;
}
