using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Handoffs;

namespace Baton.Formats.FreeBsd;

/// <summary>A kernel module (<c>.ko</c>): relocatable (ET_REL) on amd64, shared (ET_DYN) on arm64.</summary>
public sealed class FreeBsdModuleFile
{
    private FreeBsdModuleFile(ElfFile elf) => Elf = elf;

    /// <summary>The file.</summary>
    public ElfFile Elf { get; }

    public required Architecture Architecture { get; init; }

    /// <summary>All that the file says of its modules.</summary>
    public required IReadOnlyList<ModuleMetadata> Metadata { get; init; }

    /// <summary>The names of the modules in the file.</summary>
    public IEnumerable<string> Modules =>
        Metadata.Where(m => m.Kind == ModuleMetadataKind.Module).Select(m => m.Name).Distinct();

    /// <summary>The modules that others can depend on, with their versions.</summary>
    public IEnumerable<ModuleMetadata> Versions => Metadata.Where(m => m.Kind == ModuleMetadataKind.Version);

    /// <summary>What the file needs.</summary>
    public IEnumerable<ModuleMetadata> Dependencies => Metadata.Where(m => m.Kind == ModuleMetadataKind.Depend);

    /// <summary>Whether an ELF file looks like a module.</summary>
    public static bool Matches(ElfFile elf)
    {
        ArgumentNullException.ThrowIfNull(elf);
        bool hasType = elf.Architecture == Architecture.X64 ? elf.Type == ElfType.Relocatable : elf.Type == ElfType.Shared;
        return hasType && elf.Architecture is not null
            && (elf.OsAbi == FreeBsdKernelFile.OsAbi || elf.Sections.Any(s => s.Name == ModuleMetadata.SetName));
    }

    /// <summary>Reads the module.</summary>
    /// <exception cref="ImageFormatException">It is none, or its metadata are malformed.</exception>
    public static FreeBsdModuleFile Open(ElfFile elf)
    {
        ArgumentNullException.ThrowIfNull(elf);
        if (!Matches(elf) || elf.Architecture is not { } architecture)
        {
            throw new ImageFormatException(
                ImageError.UnknownFormat,
                new ImageLocation(elf.Source.Name, ElfFields.Type.Offset, ElfFields.Type.Name),
                $"found an ELF file of type {elf.Type} for {elf.Machine}, expected a FreeBSD kernel module");
        }

        return new FreeBsdModuleFile(elf)
        {
            Architecture = architecture,
            Metadata = ModuleMetadata.ReadAll(elf),
        };
    }
}
