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
    private const string Constructors = ".ctors";

    /// <summary>The kernel: its segments where they are linked, zeros between them, symbols behind its bss.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="path">The path that it is told of itself.</param>
    /// <param name="rules">What its architecture wants.</param>
    /// <exception cref="ImageFormatException">It does not start in the 2 MiB in which its architecture's kernels do.</exception>
    public static PlacedFile Place(FreeBsdKernelFile kernel, string path, PreloadRules rules)
    {
        ulong above = kernel.Start - kernel.KernBase;
        if (above < rules.KernelOffset || above - rules.KernelOffset >= DestinationSpace.KernelStart)
        {
            throw Refuse(
                kernel.Elf,
                ElfFields.PVaddr.Name,
                $"it starts 0x{above:x} above KERNBASE, expected 0x{rules.KernelOffset:x}");
        }

        return PlaceLinked(kernel.Elf, kernel.Loads, kernel.Symbols, rules.Told(kernel, kernel.Start), path, ModInfo.KernelType);
    }

    /// <summary>A module or another file, at the first place that is not below an address.</summary>
    /// <exception cref="ImageFormatException">A module that cannot be laid out, or of another architecture.</exception>
    public static PlacedFile Place(PreloadedFile file, ulong above, Architecture architecture)
    {
        if (file.Module is not { } module)
        {
            ulong page = DestinationSpace.RoundUp(above);
            ulong length = (ulong)file.Source.Length;
            return new PlacedFile(
                file.Path, file.Type, file.Arguments, page, length, [new ContentPart(0, file.Source, 0, (long)length)], []);
        }

        if (module.Architecture != architecture)
        {
            throw new ImageFormatException(
                ImageError.WrongArchitecture,
                new ImageLocation(file.Path, ElfFields.Machine.Offset, ElfFields.Machine.Name),
                $"a module for {module.Architecture}, and the kernel is for {architecture}");
        }

        return module.Elf.Type == ElfType.Relocatable ? PlaceObject(file, module, above) : PlaceShared(file, module, above);
    }

    /// <summary>amd64: section by section.</summary>
    private static PlacedFile PlaceObject(PreloadedFile file, FreeBsdModuleFile module, ulong above)
    {
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

    /// <summary>arm64: by its load segments, like a kernel, but from 0 on; the kernel's linker relocates it.</summary>
    private static PlacedFile PlaceShared(PreloadedFile file, FreeBsdModuleFile module, ulong above)
    {
        ElfFile elf = module.Elf;
        ElfSegment[] loads = [.. elf.LoadSegments.Where(load => load.MemorySize > 0).OrderBy(load => load.VirtualAddress)];
        if (loads is not [{ VirtualAddress: < DestinationSpace.Page }, ..])
        {
            throw Refuse(elf, ElfFields.PVaddr.Name, "a module whose first load segment is not at 0");
        }

        if (loads[^1].VirtualAddress > DestinationSpace.Limit || loads[^1].MemorySize > DestinationSpace.Limit)
        {
            throw Refuse(elf, ElfFields.PMemsz.Name, $"a module of more than {DestinationSpace.Limit >> 20} MiB");
        }

        if (!elf.Segments.Any(segment => segment.Type == ElfSegmentType.Dynamic))
        {
            throw Refuse(elf, ElfFields.PType.Name, "a module without PT_DYNAMIC, by which the kernel would link it");
        }

        // The base is where address 0 of the file would be, whatever the first segment's place.
        ulong start = DestinationSpace.RoundUp(above);
        PlacedFile placed = PlaceLinked(
            elf, loads, ElfSymbols.Open(elf), start + loads[0].VirtualAddress, file.Path, file.Type);
        return placed with
        {
            Arguments = file.Arguments,
            Start = start,
            Length = placed.End - start,
            Parts = [.. placed.Parts.Select(part => part with { Offset = part.Offset + (long)loads[0].VirtualAddress })],
        };
    }

    /// <summary>A file that a linker has laid out: load segments, then symbols.</summary>
    private static PlacedFile PlaceLinked(
        ElfFile elf, IReadOnlyList<ElfSegment> loads, ElfSymbols? symbols, ulong start, string path, string type)
    {
        ulong first = loads[0].VirtualAddress;
        List<ContentPart> parts =
        [
            .. loads.Where(load => load.FileSize > 0).Select(load => new ContentPart(
                (long)(load.VirtualAddress - first), elf.Source, load.Offset, load.FileSize)),
        ];
        List<MetadataRecord> records = [new MetadataRecord(ModInfo.ElfHeader, Header(elf))];
        if (elf.Sections.Count > 0)
        {
            records.Add(new MetadataRecord(ModInfo.SectionHeaders, elf.Source.Window(
                elf.SectionTableOffset, elf.Sections.Count * ElfFields.SectionHeaderSize).Bytes.ToArray()));
        }

        if (elf.Sections.FirstOrDefault(section => section.Name == Constructors) is { } constructors)
        {
            records.Add(MetadataRecord.Of(ModInfo.ConstructorsAddress, constructors.Address));
            records.Add(MetadataRecord.Of(ModInfo.ConstructorsSize, constructors.Size));
        }

        if (elf.Segments.FirstOrDefault(s => s.Type == ElfSegmentType.Dynamic) is { } dynamic)
        {
            records.Add(MetadataRecord.Of(ModInfo.Dynamic, dynamic.VirtualAddress));
        }

        ulong length = loads[^1].VirtualAddress + loads[^1].MemorySize - first;
        if (symbols is { Table.IsAllocated: false })
        {
            ulong from = DestinationSpace.RoundUp(start + length, sizeof(ulong)) - start;
            length = AddSymbols(parts, symbols, elf, from);
            records.Add(MetadataRecord.Of(ModInfo.SymbolsStart, start + from));
            records.Add(MetadataRecord.Of(ModInfo.SymbolsEnd, start + length));
        }

        return new PlacedFile(path, type, null, start, length, parts, records);
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
