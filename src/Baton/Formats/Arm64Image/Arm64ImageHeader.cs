using Baton.Bytes;
using Baton.Memory;

namespace Baton.Formats.Arm64Image;

/// <summary>The size of pages that an arm64 kernel was built for.</summary>
public enum Arm64PageSize
{
    /// <summary>Not given: kernels before 4.6 have no such flag.</summary>
    Unspecified = 0,
    Kib4 = 1,
    Kib16 = 2,
    Kib64 = 3,
}

/// <summary>
/// The header of an arm64 kernel, checked, with the documented defaults of kernels that do not say how large they are.
/// Specification: booting.rst, "Call the kernel image".
/// </summary>
public sealed record Arm64ImageHeader
{
    /// <summary>The kernel lies <see cref="TextOffset"/> bytes above a multiple of this: 2 MiB.</summary>
    public const ulong BaseAlignment = 0x20_0000;

    /// <summary>What text_offset is taken to be when image_size is 0: the kernel is older than 3.17.</summary>
    public const ulong OldTextOffset = 0x8_0000;

    /// <summary>What text_offset is a multiple of: the smallest page (arch/arm64/kernel/head.S).</summary>
    private const ulong OffsetAlignment = 0x1000;

    private const ulong BigEndianFlag = 1;
    private const int PageSizeShift = 1;
    private const ulong PageSizeMask = 3;
    private const ulong AnywhereFlag = 1 << 3;

    /// <summary>The header as it is in the file.</summary>
    public required ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>
    /// Bytes from a multiple of <see cref="BaseAlignment"/> to where the kernel is loaded: a multiple of 4 KiB below 2^52.
    /// </summary>
    public required ulong TextOffset { get; init; }

    /// <summary>
    /// Bytes of memory from where the kernel is loaded that it uses before it looks at its memory map; 0 when the kernel is
    /// too old to say.
    /// </summary>
    public required ulong ImageSize { get; init; }

    /// <summary>The flags as stored; 0 when <see cref="ImageSize"/> is, and they mean nothing.</summary>
    public required ulong Flags { get; init; }

    /// <summary>Offset of the PE header in the file; 0 when there is none.</summary>
    public required uint PeOffset { get; init; }

    /// <summary>Whether the kernel runs with big-endian data.</summary>
    public bool BigEndian => (Flags & BigEndianFlag) != 0;

    public Arm64PageSize PageSize => (Arm64PageSize)((Flags >> PageSizeShift) & PageSizeMask);

    /// <summary>
    /// Whether the 2 MiB multiple may be anywhere; otherwise it should be as low in memory as possible, because the kernel
    /// cannot use what is below.
    /// </summary>
    public bool Anywhere => (Flags & AnywhereFlag) != 0;

    /// <summary>Flags that are set and not known here.</summary>
    public ulong ReservedFlags => Flags & ~(BigEndianFlag | (PageSizeMask << PageSizeShift) | AnywhereFlag);

    /// <summary>Whether the bytes start like an arm64 kernel.</summary>
    public static bool Matches(ByteView head) =>
        head.Length >= Arm64ImageFields.Magic.End
        && Arm64ImageFields.Magic.Read(head) == Arm64ImageFields.MagicValue;

    /// <summary>Reads the header.</summary>
    /// <param name="head">The file's first bytes; 64 are enough.</param>
    /// <exception cref="ImageFormatException">It is truncated, has another magic number, or cannot fit into memory.</exception>
    public static Arm64ImageHeader Parse(ByteView head)
    {
        ByteView header = head.Slice(0, Arm64ImageFields.HeaderSize, "header");
        Arm64ImageFields.Magic.Expect(header, Arm64ImageFields.MagicValue, ImageError.BadMagic);
        ulong size = Arm64ImageFields.ImageSize.Read(header);
        ulong offset = size == 0 ? OldTextOffset : Arm64ImageFields.TextOffset.Read(header);
        if (offset >= PhysicalAddress.Limit.Value)
        {
            throw Arm64ImageFields.TextOffset.Fault(
                header, ImageError.OutOfRange, $"found 0x{offset:x}, expected less than {PhysicalAddress.Limit}");
        }

        if (offset % OffsetAlignment != 0)
        {
            throw Arm64ImageFields.TextOffset.Fault(
                header, ImageError.OutOfRange, $"found 0x{offset:x}, expected a multiple of 0x{OffsetAlignment:x}");
        }

        if (size > PhysicalAddress.Limit.Value - offset)
        {
            throw Arm64ImageFields.ImageSize.Fault(
                header, ImageError.OutOfRange, $"0x{size:x} bytes from 0x{offset:x} end above {PhysicalAddress.Limit}");
        }

        return new Arm64ImageHeader
        {
            Bytes = header.Bytes.ToArray(),
            TextOffset = offset,
            ImageSize = size,
            Flags = size == 0 ? 0 : Arm64ImageFields.Flags.Read(header),
            PeOffset = Arm64ImageFields.Res5.Read(header),
        };
    }
}
