using Baton.Bytes;

namespace Baton.Formats.DeviceTrees;

/// <summary>The header of a flattened device tree, checked. Specification: section 5.2.</summary>
public sealed record DeviceTreeHeader
{
    /// <summary>The longest blob that is read, in bytes: room for what FIT images carry.</summary>
    public const uint LongestBlob = 256 << 20;

    /// <summary>Size of the blob in bytes.</summary>
    public required uint TotalSize { get; init; }

    /// <summary>Offset of the structure block in bytes.</summary>
    public required uint OffDtStruct { get; init; }

    /// <summary>Offset of the strings block in bytes.</summary>
    public required uint OffDtStrings { get; init; }

    /// <summary>Offset of the memory reservation block in bytes.</summary>
    public required uint OffMemRsvmap { get; init; }

    /// <summary>Version of the format: 16 or later.</summary>
    public required uint Version { get; init; }

    /// <summary>The oldest version whose readers can read the blob: at most 17.</summary>
    public required uint LastCompVersion { get; init; }

    /// <summary>The physical id of the processor that boots.</summary>
    public required uint BootCpuidPhys { get; init; }

    /// <summary>Size of the strings block in bytes.</summary>
    public required uint SizeDtStrings { get; init; }

    /// <summary>Size of the structure block in bytes; null in version 16, where only its end tells.</summary>
    public required uint? SizeDtStruct { get; init; }

    /// <summary>Bytes of the header itself.</summary>
    public int Size => SizeDtStruct is null ? DeviceTreeFields.HeaderSize16 : DeviceTreeFields.HeaderSize;

    /// <summary>Whether the bytes start like a flattened device tree of any version.</summary>
    public static bool Matches(ByteView head) =>
        head.Length >= DeviceTreeFields.Magic.End
        && DeviceTreeFields.Magic.Read(head) == DeviceTreeFields.MagicValue;

    /// <summary>Reads the header and checks that its blocks lie in the blob.</summary>
    /// <param name="blob">The blob, or the file that starts with it.</param>
    /// <exception cref="ImageFormatException">It is truncated, of another version, or contradicts itself.</exception>
    public static DeviceTreeHeader Parse(ByteView blob)
    {
        uint magic = DeviceTreeFields.Magic.Read(blob);
        if (magic != DeviceTreeFields.MagicValue)
        {
            throw DeviceTreeFields.Magic.Fault(
                blob, ImageError.BadMagic, $"found 0x{magic:x8}, expected 0x{DeviceTreeFields.MagicValue:x8}");
        }

        uint version = DeviceTreeFields.Version.Read(blob);
        uint compatible = DeviceTreeFields.LastCompVersion.Read(blob);
        CheckVersion(blob, version, compatible);
        DeviceTreeHeader header = new()
        {
            TotalSize = DeviceTreeFields.TotalSize.Read(blob),
            OffDtStruct = DeviceTreeFields.OffDtStruct.Read(blob),
            OffDtStrings = DeviceTreeFields.OffDtStrings.Read(blob),
            OffMemRsvmap = DeviceTreeFields.OffMemRsvmap.Read(blob),
            Version = version,
            LastCompVersion = compatible,
            BootCpuidPhys = DeviceTreeFields.BootCpuidPhys.Read(blob),
            SizeDtStrings = DeviceTreeFields.SizeDtStrings.Read(blob),
            SizeDtStruct = version >= 17 ? DeviceTreeFields.SizeDtStruct.Read(blob) : null,
        };
        header.CheckBlocks(blob);
        return header;
    }

    private static void CheckVersion(ByteView blob, uint version, uint compatible)
    {
        if (version < DeviceTreeFields.OldestVersion)
        {
            throw DeviceTreeFields.Version.Fault(
                blob, ImageError.UnsupportedVersion, $"found {version}, expected {DeviceTreeFields.OldestVersion} or later");
        }

        if (compatible > DeviceTreeFields.NewestVersion)
        {
            throw DeviceTreeFields.LastCompVersion.Fault(
                blob,
                ImageError.UnsupportedVersion,
                $"only readers of version {compatible} can read it, expected {DeviceTreeFields.NewestVersion} or earlier");
        }

        if (compatible > version)
        {
            throw DeviceTreeFields.LastCompVersion.Fault(
                blob, ImageError.Inconsistent, $"found {compatible}, the blob's own version is {version}");
        }
    }

    private void CheckBlocks(ByteView blob)
    {
        if (TotalSize < Size || TotalSize > LongestBlob)
        {
            throw DeviceTreeFields.TotalSize.Fault(
                blob, ImageError.OutOfRange, $"found {TotalSize}, expected {Size} to {LongestBlob} bytes");
        }

        if (TotalSize > blob.Length)
        {
            throw DeviceTreeFields.TotalSize.Fault(
                blob, ImageError.Truncated, $"the blob has {TotalSize} bytes, the image ends at 0x{blob.Length:x}");
        }

        CheckBlock(blob, DeviceTreeFields.OffMemRsvmap, DeviceTreeFields.ReserveEntrySize);
        CheckBlock(blob, DeviceTreeFields.OffDtStruct, SizeDtStruct ?? (uint)DeviceTreeFields.Token.End);
        CheckBlock(blob, DeviceTreeFields.OffDtStrings, SizeDtStrings);
        CheckAlignment(blob, DeviceTreeFields.OffMemRsvmap, DeviceTreeFields.ReservationAlignment);
        CheckAlignment(blob, DeviceTreeFields.OffDtStruct, DeviceTreeFields.TokenAlignment);
    }

    private void CheckBlock(ByteView blob, BigEndianField<uint> field, long size)
    {
        uint offset = field.Read(blob);
        if (offset < Size || offset > TotalSize || size > TotalSize - offset)
        {
            throw field.Fault(
                blob,
                ImageError.OutOfRange,
                $"{size} bytes from 0x{offset:x} are not between the header's end 0x{Size:x} and 0x{TotalSize:x}");
        }
    }

    private static void CheckAlignment(ByteView blob, BigEndianField<uint> field, uint alignment)
    {
        uint offset = field.Read(blob);
        if (offset % alignment != 0)
        {
            throw field.Fault(blob, ImageError.OutOfRange, $"found 0x{offset:x}, expected a multiple of {alignment}");
        }
    }
}
