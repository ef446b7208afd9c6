using Baton.Bytes;
using Baton.Formats.Arm64Image;
using Baton.Formats.BzImage;
using Baton.Formats.Compression;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Formats;

/// <summary>Finds out what a kernel's file is.</summary>
public static class KernelImages
{
    /// <summary>The most bytes that come out of a packed kernel.</summary>
    public const int LongestUnpacked = 512 << 20;

    /// <summary>The formats that are read, for errors.</summary>
    private const string Known =
        "a Linux bzImage, a 64-bit ELF file such as vmlinux, an arm64 Image (also packed, or as EFI zboot), or a UKI of these";

    private const int HeadLength = 0x8000;

    /// <summary>How many wrappings are taken off, one after the other.</summary>
    private const int MostWrappings = 4;

    /// <summary>Opens a kernel of any format that is read here.</summary>
    /// <param name="source">The file.</param>
    /// <param name="codecs">What unpacks; an arm64 kernel that is packed needs it.</param>
    /// <exception cref="ImageFormatException">
    /// <see cref="ImageError.UnknownFormat"/>, <see cref="ImageError.WrongArchitecture"/>, or a defect of the file.
    /// </exception>
    public static KernelImage Open(IByteSource source, ICodecs? codecs = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        List<KernelWrapping> wrappings = [];
        List<Finding> findings = [];
        IByteSource kernel = source;
        while (KernelWrappings.Open(kernel, codecs, findings) is { } wrapped)
        {
            wrappings.Add(wrapped.Wrapping);
            kernel = wrapped.Inside;
            if (wrappings.Count > MostWrappings)
            {
                throw Refuse(source, ImageError.OutOfRange, $"more than {MostWrappings} wrappings, one in the other");
            }
        }

        KernelImage image = Describe(kernel, codecs);
        return wrappings.Count == 0
            ? image
            : image with { Source = source, Wrappings = wrappings, Findings = [.. findings, .. image.Findings] };
    }

    private static KernelImage Describe(IByteSource source, ICodecs? codecs)
    {
        ByteView head = source.Window(0, HeadLength);
        if (BzImageHeader.Matches(head))
        {
            return Describe(BzImageFile.Open(source));
        }

        if (Arm64ImageHeader.Matches(head))
        {
            return Describe(Arm64ImageFile.Open(source));
        }

        if (ForeignFormats.Recognise(head) is { } foreign)
        {
            throw Refuse(source, foreign.Error, foreign.Text);
        }

        if (ElfFile.Matches(head))
        {
            ElfFile elf = ElfFile.Open(source);
            return FreeBsdKernelFile.Matches(elf) ? Describe(FreeBsdKernelFile.Open(elf)) : Describe(elf);
        }

        CompressionKind kind = CompressionProbe.Probe(head);
        if (kind != CompressionKind.None)
        {
            string inside = InsideOf(source, kind, codecs);
            throw Refuse(
                source, ImageError.UnknownFormat, $"{CompressionProbe.NameOf(kind)} data{inside}; it must be unpacked");
        }

        string bytes = Convert.ToHexStringLower(head.Bytes[..Math.Min(16, head.Length)]);
        throw Refuse(
            source,
            ImageError.UnknownFormat,
            source.Length == 0 ? "an empty file" : $"{source.Length} bytes that start with {bytes}");
    }

    /// <summary>What an unpacked file starts with; for errors, and to tell initrds from kernels.</summary>
    /// <returns>Null when there is no codec, or it refuses the bytes.</returns>
    public static byte[]? HeadInside(IByteSource source, CompressionKind kind, ICodecs? codecs)
    {
        if (codecs?.Find(kind) is null)
        {
            return null;
        }

        byte[] head = new byte[HeadLength];
        int length = 0;
        try
        {
            using Stream unpacked = codecs.OpenUnpacked(kind, source, long.MaxValue);
            length = unpacked.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        }
        catch (ImageFormatException)
        {
            return null;
        }

        return head[..length];
    }

    private static string InsideOf(IByteSource source, CompressionKind kind, ICodecs? codecs)
    {
        if (HeadInside(source, kind, codecs) is not { } bytes)
        {
            return "";
        }

        ByteView head = new(bytes, source.Name);
        string? inside = BzImageHeader.Matches(head) ? "a Linux bzImage"
            : Arm64ImageHeader.Matches(head) ? "an arm64 Linux Image"
            : ForeignFormats.Recognise(head) is { } foreign ? foreign.Text
            : ElfFile.Matches(head) ? "an ELF file"
            : null;
        return inside is null ? "" : $" with {inside} inside";
    }

    private static ImageFormatException Refuse(IByteSource source, ImageError error, string found) =>
        new(error, new ImageLocation(source.Name, 0, "format"), $"found {found}, expected {Known}");

    private static KernelImage Describe(BzImageFile file)
    {
        BzImageHeader header = file.Header;
        List<Finding> findings = [.. file.Findings];
        bool has64 = header.XLoadFlags.HasFlag(XLoadFlags.Kernel64);
        if (!has64)
        {
            string reason = header.Has(SetupFields.Xloadflags.Name)
                ? "XLF_KERNEL_64 is not set: a 32-bit kernel"
                : $"boot protocol {header.VersionText} does not say whether there is one";
            findings.Add(new Finding(Severity.Warning, "no-64-bit-entry", $"No 64-bit entry point: {reason}."));
        }

        List<KernelEntry> entries = [new KernelEntry("32-bit", 0, IsOffset: true)];
        if (file.Entry64Offset is { } entry64)
        {
            entries.Add(new KernelEntry("64-bit", (ulong)entry64, IsOffset: true));
        }

        AddHandover(entries, header);
        PhysicalAddress preferred = header.PrefAddress;
        return new KernelImage
        {
            Source = file.Source,
            Format = "bzImage",
            Architecture = has64 ? Architecture.X64 : Architecture.X86,
            Version = file.Version,
            ProtocolVersion = header.VersionText,
            EntryPoints = entries,
            Rules = new LoadRules
            {
                PreferredAddress = preferred,
                Relocatable = header.Relocatable,
                Alignment = header.KernelAlignment,
                MinAlignment = header.MinAlignment,
                Min = header.Relocatable ? new PhysicalAddress(BzImageHeader.DefaultLoadAddress) : preferred,
                Max = header.XLoadFlags.HasFlag(XLoadFlags.CanBeLoadedAbove4G)
                    ? new PhysicalAddress(ulong.MaxValue)
                    : PhysicalAddress.FourGiB,
            },
            LoadedLength = file.KernelLength,
            MemorySize = file.InitSize,
            Payload = BzImagePayload.Find(file),
            CommandLineLimit = file.CommandLineLimit,
            Flags = BzImageFlags.NamesOf(header),
            Findings = findings,
            Details = file,
        };
    }

    private static KernelImage Describe(Arm64ImageFile file)
    {
        Arm64ImageHeader header = file.Header;
        List<KernelEntry> entries = [new KernelEntry("Image", 0, IsOffset: true)];
        if (file.Pe is { } pe)
        {
            entries.Add(new KernelEntry("EFI, PE", pe.AddressOfEntryPoint, IsOffset: true));
        }

        string? version = file.FindLinuxVersion();
        return new KernelImage
        {
            Source = file.Source,
            Format = "Image",
            Architecture = Architecture.Arm64,
            Version = version is null ? null : $"Linux {version}",
            EntryPoints = entries,
            Rules = new LoadRules
            {
                PreferredAddress = null,
                Offset = header.TextOffset,
                Relocatable = true,
                Alignment = Arm64ImageHeader.BaseAlignment,
                MinAlignment = Arm64ImageHeader.BaseAlignment,
                Min = new PhysicalAddress(header.TextOffset),
                Max = new PhysicalAddress(ulong.MaxValue),
            },
            LoadedLength = file.LoadedLength,
            MemorySize = file.MemorySize,
            Flags = Arm64ImageFlags.NamesOf(header),
            Findings = file.Findings,
            Details = file,
        };
    }

    private static KernelImage Describe(FreeBsdKernelFile file)
    {
        const ulong twoMiB = 0x20_0000;
        bool isX64 = file.Architecture == Architecture.X64;
        return new KernelImage
        {
            Source = file.Elf.Source,
            Format = "FreeBSD kernel",
            Architecture = file.Architecture,
            Version = file.Version,
            EntryPoints = [new KernelEntry("e_entry", file.Elf.Entry, IsOffset: false)],
            Rules = new LoadRules
            {
                PreferredAddress = file.Relocatable ? null : new PhysicalAddress(twoMiB),
                Relocatable = file.Relocatable,
                Alignment = twoMiB,
                MinAlignment = twoMiB,
                Min = isX64 ? new PhysicalAddress(twoMiB) : PhysicalAddress.Zero,
                Max = isX64 ? PhysicalAddress.FourGiB : new PhysicalAddress(ulong.MaxValue),
            },
            LoadedLength = file.Loads.Sum(s => s.FileSize),
            MemorySize = file.End - file.Start,
            Flags = [],
            Findings = file.Symbols is not null
                ? []
                : [new Finding(
                    Severity.Warning,
                    "no-symbols",
                    "No symbol table: whether the kernel is relocatable cannot be seen, and it is taken to be not.")],
            Details = file,
        };
    }

    private static void AddHandover(List<KernelEntry> entries, BzImageHeader header)
    {
        if (header.HandoverOffset == 0)
        {
            return;
        }

        if (header.XLoadFlags.HasFlag(XLoadFlags.EfiHandover32))
        {
            entries.Add(new KernelEntry("EFI handover, 32-bit", header.HandoverOffset, IsOffset: true));
        }

        if (header.XLoadFlags.HasFlag(XLoadFlags.EfiHandover64))
        {
            // Specified as 0x200 bytes behind the 32-bit one.
            entries.Add(new KernelEntry(
                "EFI handover, 64-bit", header.HandoverOffset + (ulong)BzImageFile.Entry64, IsOffset: true));
        }
    }

    private static KernelImage Describe(ElfFile file)
    {
        ImageLocation where = new(file.Source.Name, ElfFields.Machine.Offset, ElfFields.Machine.Name);
        Architecture architecture = file.Architecture ?? throw new ImageFormatException(
            ImageError.WrongArchitecture,
            where,
            $"found {(ushort)file.Machine} ({file.Machine}), expected {(int)ElfMachine.X64} (x86-64) "
            + $"or {(int)ElfMachine.AArch64} (arm64)");
        List<ElfSegment> segments = [.. file.LoadSegments.Where(s => s.MemorySize > 0)];
        if (segments.Count == 0 || file.Type is not (ElfType.Executable or ElfType.Shared))
        {
            throw new ImageFormatException(
                ImageError.UnknownFormat,
                where with { Offset = ElfFields.Type.Offset, Field = ElfFields.Type.Name },
                $"found an ELF file of type {(ushort)file.Type} ({file.Type}) with {segments.Count} load segments, "
                + "expected an executable one");
        }

        List<Finding> findings = [];
        if (!segments.Any(s => s.ContainsPhysical(file.Entry) || s.ContainsVirtual(file.Entry)))
        {
            findings.Add(new Finding(
                Severity.Warning, "entry-outside", $"The entry point 0x{file.Entry:x} lies in no load segment."));
        }

        List<KernelEntry> entries = [new KernelEntry("e_entry", file.Entry, IsOffset: false)];
        if (file.PvhEntry is { } pvh)
        {
            entries.Add(new KernelEntry("PVH, 32-bit", pvh, IsOffset: false));
        }

        ulong start = segments.Min(s => s.PhysicalAddress);
        ulong end = segments.Max(s => s.PhysicalAddress + s.MemorySize);
        ulong alignment = Math.Max(1, segments.Max(s => s.Alignment));
        string? version = file.FindLinuxVersion();
        return new KernelImage
        {
            Source = file.Source,
            Format = "ELF64",
            Architecture = architecture,
            Version = version is null ? null : $"Linux {version}",
            EntryPoints = entries,
            Rules = new LoadRules
            {
                PreferredAddress = new PhysicalAddress(start),
                Relocatable = false,
                Alignment = alignment,
                MinAlignment = alignment,
                Min = new PhysicalAddress(start),
                Max = new PhysicalAddress(end),
            },
            LoadedLength = segments.Sum(s => s.FileSize),
            MemorySize = end - start,
            Flags = [],
            Findings = findings,
            Details = file,
        };
    }
}
