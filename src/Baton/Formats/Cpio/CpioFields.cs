using Baton.Bytes;

namespace Baton.Formats.Cpio;

/// <summary>
/// The header of an entry of a "newc" cpio archive: eight hexadecimal digits a field. Specification: Linux,
/// Documentation/driver-api/early-userspace/buffer-format.rst.
/// </summary>
public static class CpioFields
{
    /// <summary>What <see cref="Magic"/> holds.</summary>
    public const string NewcMagic = "070701";

    /// <summary>What <see cref="Magic"/> holds when each file carries a checksum.</summary>
    public const string CrcMagic = "070702";

    /// <summary>The name of the entry that ends an archive.</summary>
    public const string Trailer = "TRAILER!!!";

    /// <summary>Size of the header in bytes, without the name.</summary>
    public const int HeaderSize = 110;

    /// <summary>Headers and data start at multiples of this.</summary>
    public const int Alignment = 4;

    /// <summary>The longest name with its NUL that Linux takes: longer entries are skipped.</summary>
    public const int PathMax = 4096;

    public static readonly DeclaredBlock Magic = new(0, 6, "c_magic");
    public static readonly HexField Ino = new(6, "c_ino");
    public static readonly HexField Mode = new(14, "c_mode");
    public static readonly HexField Uid = new(22, "c_uid");
    public static readonly HexField Gid = new(30, "c_gid");
    public static readonly HexField Nlink = new(38, "c_nlink");
    public static readonly HexField Mtime = new(46, "c_mtime");
    public static readonly HexField Filesize = new(54, "c_filesize");
    public static readonly HexField DevMajor = new(62, "c_maj");
    public static readonly HexField DevMinor = new(70, "c_min");
    public static readonly HexField RdevMajor = new(78, "c_rmaj");
    public static readonly HexField RdevMinor = new(86, "c_rmin");
    public static readonly HexField Namesize = new(94, "c_namesize");
    public static readonly HexField Chksum = new(102, "c_chksum");

    /// <summary>The next multiple of four.</summary>
    public static long Align(long offset) => (offset + (Alignment - 1)) & ~(Alignment - 1L);
}
