using Baton.Bytes;
using Baton.Formats.Arm64Image;
using Baton.Formats.BzImage;
using Baton.Formats.Compression;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;
using Baton.Formats.Pe;
using Baton.Formats.Zboot;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Formats;

/// <summary>What a kernel's file turned out to be, in words that hold for every format.</summary>
public sealed record KernelImage
{
    /// <summary>The file.</summary>
    public required IByteSource Source { get; init; }

    /// <summary>The format's name: <c>bzImage</c>, <c>ELF64</c>, <c>Image</c>. What it is wrapped in does not count.</summary>
    public required string Format { get; init; }

    /// <summary>What the kernel is wrapped in, from the outside to the inside; empty when the file is the kernel.</summary>
    public IReadOnlyList<KernelWrapping> Wrappings { get; init; } = [];

    public required Architecture Architecture { get; init; }

    /// <summary>The kernel's own version string; null when it has none.</summary>
    public required string? Version { get; init; }

    /// <summary>Version of the boot protocol; null when the format has none.</summary>
    public string? ProtocolVersion { get; init; }

    public required IReadOnlyList<KernelEntry> EntryPoints { get; init; }

    public required LoadRules Rules { get; init; }

    /// <summary>Bytes of the file that are loaded.</summary>
    public required long LoadedLength { get; init; }

    /// <summary>Bytes of memory that the kernel uses before it looks at its memory map.</summary>
    public required ulong MemorySize { get; init; }

    /// <summary>The packed kernel inside; null when there is none.</summary>
    public BzImagePayload? Payload { get; init; }

    /// <summary>The longest command line in bytes, without the final NUL; null when the format does not say.</summary>
    public uint? CommandLineLimit { get; init; }

    /// <summary>What the kernel says it can do, under the specification's names.</summary>
    public required IReadOnlyList<string> Flags { get; init; }

    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>
    /// The kernel as its format has it: a <see cref="BzImageFile"/>, an <see cref="ElfFile"/>, a
    /// <see cref="FreeBsdKernelFile"/> or an <see cref="Arm64ImageFile"/>. Its source is the file, a part of it, or what
    /// was unpacked from it.
    /// </summary>
    public required object Details { get; init; }

    /// <summary>The format with all that it is wrapped in: <c>Image in an EFI zboot image (gzip) in a UKI</c>.</summary>
    public string FormatText => string.Concat([Format, .. Wrappings.Reverse().Select(w => $" in {w}")]);

    /// <summary>The unified kernel image that the kernel is in; null when it is in none.</summary>
    public UkiFile? Uki => Wrappings.Select(w => w.Details).OfType<UkiFile>().FirstOrDefault();

    /// <summary>The kernel as an arm64 Image; null when it is something else.</summary>
    public Arm64ImageFile? Arm64Image => Details as Arm64ImageFile;

    /// <summary>The file as a bzImage; null when it is something else.</summary>
    public BzImageFile? BzImage => Details as BzImageFile;

    /// <summary>The file as an ELF file; null when it is something else.</summary>
    public ElfFile? Elf => Details as ElfFile ?? FreeBsd?.Elf;

    /// <summary>The file as a FreeBSD kernel; null when it is something else.</summary>
    public FreeBsdKernelFile? FreeBsd => Details as FreeBsdKernelFile;
}

/// <summary>Something that a kernel is wrapped in.</summary>
/// <param name="Format">Its name, with its article: <c>a UKI</c>, <c>gzip data</c>.</param>
/// <param name="Source">The file, or what was found in the wrapping around this one.</param>
/// <param name="Compression">How the kernel is packed in it; <see cref="CompressionKind.None"/> when it is not.</param>
/// <param name="Details">
/// A <see cref="UkiFile"/>, a <see cref="ZbootFile"/> or an <see cref="ElfFile"/>; null for mere compression.
/// </param>
public sealed record KernelWrapping(string Format, IByteSource Source, CompressionKind Compression, object? Details)
{
    public override string ToString() => Details is ZbootFile
        ? $"{Format} ({CompressionProbe.NameOf(Compression)})"
        : Format;
}

/// <summary>A place where a kernel can be entered.</summary>
/// <param name="Name">Which protocol enters there, e.g. <c>64-bit</c>.</param>
/// <param name="Value">The address, or the offset from where the kernel is loaded.</param>
/// <param name="IsOffset">Whether <paramref name="Value"/> is an offset.</param>
public sealed record KernelEntry(string Name, ulong Value, bool IsOffset)
{
    public override string ToString() => IsOffset ? $"{Name} load address + 0x{Value:x}" : $"{Name} 0x{Value:x}";
}

/// <summary>Where a kernel may be loaded.</summary>
public sealed record LoadRules
{
    /// <summary>Where it wants to be; null when that depends on the machine's memory alone.</summary>
    public required PhysicalAddress? PreferredAddress { get; init; }

    /// <summary>Bytes from an aligned address to the kernel's first byte.</summary>
    public ulong Offset { get; init; }

    /// <summary>Whether it runs elsewhere too.</summary>
    public required bool Relocatable { get; init; }

    /// <summary>The alignment that it wants elsewhere, in bytes.</summary>
    public required ulong Alignment { get; init; }

    /// <summary>The least alignment with which it still boots, in bytes.</summary>
    public required ulong MinAlignment { get; init; }

    /// <summary>The lowest address for its first byte.</summary>
    public required PhysicalAddress Min { get; init; }

    /// <summary>The first address that no byte of it may have.</summary>
    public required PhysicalAddress Max { get; init; }
}
