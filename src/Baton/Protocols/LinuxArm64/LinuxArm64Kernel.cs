using Baton.Bytes;
using Baton.Formats.Arm64Image;
using Baton.Handoffs;

namespace Baton.Protocols.LinuxArm64;

/// <summary>A kernel as this protocol sees it: what is copied, and how much room it takes from its first byte on.</summary>
public sealed record LinuxArm64Kernel
{
    /// <summary>Bytes of the longest command line, without its NUL (COMMAND_LINE_SIZE of the architecture).</summary>
    public const int CommandLineLimit = 2047;

    /// <summary>The file's name.</summary>
    public required string Name { get; init; }

    /// <summary>The file, unpacked.</summary>
    public required IByteSource Source { get; init; }

    /// <summary>Bytes that are loaded, from the first.</summary>
    public required long LoadedLength { get; init; }

    /// <summary>The image's header.</summary>
    public required Arm64ImageHeader Header { get; init; }

    /// <summary>Bytes from its first that the kernel uses before it looks at its memory map (image_size).</summary>
    public required ulong MemorySize { get; init; }

    /// <summary>The bytes that are loaded.</summary>
    public SegmentContent Content => new(new ContentPart(0, Source, 0, LoadedLength));

    /// <exception cref="ImageFormatException">The kernel is big-endian.</exception>
    public static LinuxArm64Kernel From(Arm64ImageFile image)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (image.Header.BigEndian)
        {
            throw new ImageFormatException(
                ImageError.WrongArchitecture,
                new ImageLocation(image.Source.Name, Arm64ImageFields.Flags.Offset, Arm64ImageFields.Flags.Name),
                "the kernel is big-endian, and only little-endian ones can be handed over to");
        }

        return new LinuxArm64Kernel
        {
            Name = image.Source.Name,
            Source = image.Source,
            LoadedLength = image.LoadedLength,
            Header = image.Header,
            MemorySize = Math.Max(image.MemorySize, (ulong)image.LoadedLength),
        };
    }
}
