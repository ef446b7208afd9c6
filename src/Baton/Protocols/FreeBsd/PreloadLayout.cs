using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;

namespace Baton.Protocols.FreeBsd;

/// <summary>A file with its place.</summary>
/// <param name="Path">The path that the kernel is told.</param>
/// <param name="Type">The kind of file.</param>
/// <param name="Arguments">The arguments; null for none.</param>
/// <param name="Start">Its first byte, in bytes above KERNBASE.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Parts">Its content, offsets from its start.</param>
/// <param name="Records">What only its kind has.</param>
internal sealed record PlacedFile(
    string Path,
    string Type,
    string? Arguments,
    ulong Start,
    ulong Length,
    IReadOnlyList<ContentPart> Parts,
    IReadOnlyList<MetadataRecord> Records)
{
    public ulong End => Start + Length;

    /// <summary>The records of the chain for this file; those of its kind last.</summary>
    public IEnumerable<MetadataRecord> Chain(IEnumerable<MetadataRecord> more) =>
    [
        MetadataRecord.Of(ModInfo.Name, Path),
        MetadataRecord.Of(ModInfo.Type, Type),
        .. Arguments is { Length: > 0 } ? [MetadataRecord.Of(ModInfo.Arguments, Arguments)] : Array.Empty<MetadataRecord>(),
        MetadataRecord.Of(ModInfo.Address, Start),
        MetadataRecord.Of(ModInfo.Size, Length),
        .. more,
        .. Records,
    ];
}

/// <summary>Lays a kernel and the files behind it out, one after the other, each on a page boundary.</summary>
internal static class PreloadLayout
{
    /// <summary>The kernel: its segments where they are linked, zeros between them, symbols behind its bss.</summary>
    /// <exception cref="ImageFormatException">It does not start 2 MiB above KERNBASE.</exception>
    public static PlacedFile Place(FreeBsdKernelFile kernel, string path)
    {
        ulong start = kernel.Start - kernel.KernBase;
        if (start < DestinationSpace.KernelStart || start >= 2 * DestinationSpace.KernelStart)
        {
            throw Refuse(kernel.Elf, ElfFields.PVaddr.Name, $"it starts 0x{start:x} above KERNBASE, expected 0x200000");
        }

        List<ContentPart> parts =
        [
            .. kernel.Loads.Where(load => load.FileSize > 0).Select(load => new ContentPart(
                (long)(load.VirtualAddress - kernel.Start), kernel.Elf.Source, load.Offset, load.FileSize)),
        ];
        ElfFile elf = kernel.Elf;
        List<MetadataRecord> records = [new MetadataRecord(ModInfo.ElfHeader, Header(elf))];
        if (elf.Sections.Count > 0)
        {
            records.Add(new MetadataRecord(ModInfo.SectionHeaders, elf.Source.Window(
                elf.SectionTableOffset, elf.Sections.Count * ElfFields.SectionHeaderSize).Bytes.ToArray()));
        }

        if (elf.Segments.FirstOrDefault(s => s.Type == ElfSegmentType.Dynamic) is { } dynamic)
        {
            records.Add(MetadataRecord.Of(ModInfo.Dynamic, dynamic.VirtualAddress));
        }

        ulong length = kernel.End - kernel.Start;
        if (kernel.Symbols is { Table.IsAllocated: false } symbols)
        {
            ulong from = DestinationSpace.RoundUp(start + length, sizeof(ulong)) - start;
            length = AddSymbols(parts, symbols, elf, from);
            records.Add(MetadataRecord.Of(ModInfo.SymbolsStart, start + from));
            records.Add(MetadataRecord.Of(ModInfo.SymbolsEnd, start + length));
        }

        return new PlacedFile(path, ModInfo.KernelType, null, start, length, parts, records);
    }

    /// <summary>A module or another file, at the first place that is not below an address.</summary>
    /// <exception cref="ImageFormatException">A module that cannot be laid out.</exception>
    public static PlacedFile Place(PreloadedFile file, ulong above)
    {
        if (file.Module is not { } module)
        {
            ulong page = DestinationSpace.RoundUp(above);
            ulong length = (ulong)file.Source.Length;
            return new PlacedFile(
                file.Path, file.Type, file.Arguments, page, length, [new ContentPart(0, file.Source, 0, (long)length)], []);
        }

        if (module.Architecture != Architecture.X64)
        {
            throw new ImageFormatException(
                ImageError.WrongArchitecture,
                new ImageLocation(file.Path, ElfFields.Machine.Offset, ElfFields.Machine.Name),
                $"a module for {module.Architecture}, and the kernel is for {Architecture.X64}");
        }

        ulong start = DestinationSpace.RoundUp(above, ObjectLayout.AlignmentOf(module.Elf));
        ObjectLayout layout = ObjectLayout.Of(module.Elf, start);
        return new PlacedFile(
            file.Path,
            file.Type,
            file.Arguments,
            start,
            layout.Length,
            layout.Parts,
            [
                new MetadataRecord(ModInfo.SectionHeaders, layout.Headers),
                new MetadataRecord(ModInfo.ElfHeader, Header(module.Elf)),
            ]);
    }

    private static byte[] Header(ElfFile elf) => elf.Source.Window(0, ElfFields.HeaderSize).Bytes.ToArray();

    /// <summary>The symbols and their names, each behind its size and padded to 8 bytes, for the kernel's debugger.</summary>
    /// <returns>Where they end, from the kernel's start.</returns>
    private static ulong AddSymbols(List<ContentPart> parts, ElfSymbols symbols, ElfFile elf, ulong from)
    {
        ulong at = from;
        foreach (ElfSection section in (ElfSection[])[symbols.Table, symbols.Names])
        {
            byte[] size = BitConverter.GetBytes(section.Size);
            parts.Add(new ContentPart((long)at, new ArraySource(size, "symbols' size"), 0, size.Length));
            parts.Add(new ContentPart((long)at + size.Length, elf.Source, (long)section.Offset, (long)section.Size));
            at = DestinationSpace.RoundUp(at + sizeof(ulong) + section.Size, sizeof(ulong));
        }

        return at;
    }

    private static ImageFormatException Refuse(ElfFile elf, string field, string problem) =>
        new(ImageError.OutOfRange, new ImageLocation(elf.Source.Name, 0, field), problem);
}
