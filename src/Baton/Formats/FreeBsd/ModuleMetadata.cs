using Baton.Bytes;
using Baton.Formats.Elf;

namespace Baton.Formats.FreeBsd;

/// <summary>What a record of set_modmetadata_set says; other numbers are kept as they are.</summary>
public enum ModuleMetadataKind
{
    /// <summary>MDT_DEPEND: the file needs another module.</summary>
    Depend = 1,

    /// <summary>MDT_MODULE: the file has a module.</summary>
    Module = 2,

    /// <summary>MDT_VERSION: a module of the file has a version.</summary>
    Version = 3,

    /// <summary>MDT_PNP_INFO: devices that a module is for.</summary>
    PnpInfo = 4,
}

/// <summary>
/// A record of the linker set set_modmetadata_set, in which kernels and kernel modules say what they hold and need
/// (sys/sys/module.h, struct mod_metadata).
/// </summary>
/// <param name="Kind">What it says.</param>
/// <param name="Name">The module's name.</param>
/// <param name="Minimum">The lowest version that is wanted; for <see cref="ModuleMetadataKind.Version"/>, the version.</param>
/// <param name="Preferred">The version that is preferred.</param>
/// <param name="Maximum">The highest version that is wanted.</param>
public sealed record ModuleMetadata(ModuleMetadataKind Kind, string Name, int Minimum, int Preferred, int Maximum)
{
    /// <summary>The linker set's section.</summary>
    internal const string SetName = "set_modmetadata_set";

    /// <summary>The most records of one file: kernels have some 2000.</summary>
    private const int Most = 65_536;

    private static readonly Field<uint> Version = new(0, "md_version");
    private static readonly Field<uint> Type = new(4, "md_type");
    private const int DataOffset = 8;
    private const int NameOffset = 16;

    /// <summary>Whether a version meets a dependency.</summary>
    public bool Accepts(int version) => version >= Minimum && version <= Maximum;

    public override string ToString() => Kind switch
    {
        ModuleMetadataKind.Depend => $"{Name} {Minimum} to {Maximum}, rather {Preferred}",
        ModuleMetadataKind.Version => $"{Name} {Minimum}",
        _ => Name,
    };

    /// <summary>Reads the records of a kernel or module; none when the file has no such set.</summary>
    /// <exception cref="ImageFormatException">A record is malformed or leads out of the file.</exception>
    public static IReadOnlyList<ModuleMetadata> ReadAll(ElfFile elf)
    {
        ArgumentNullException.ThrowIfNull(elf);
        ElfSection? set = elf.Sections.FirstOrDefault(s => s.Name == SetName && s.Type == ElfSection.ProgramBits);
        if (set is null)
        {
            return [];
        }

        ElfPointers pointers = new(elf);
        if (set.Size / sizeof(ulong) > Most)
        {
            throw pointers.Refuse(ImageError.OutOfRange, SetName, $"more than {Most} records");
        }

        List<ModuleMetadata> records = [];
        int index = pointers.IndexOf(set);
        for (ulong offset = 0; offset + sizeof(ulong) <= set.Size; offset += sizeof(ulong))
        {
            if (pointers.Follow(new ElfPlace(index, offset)) is { } place && Read(pointers, place) is { } record)
            {
                records.Add(record);
            }
        }

        return records;
    }

    /// <summary>Null for a version of the structure that is not known.</summary>
    private static ModuleMetadata? Read(ElfPointers pointers, ElfPlace place)
    {
        const int size = 24;
        ByteView header = new(pointers.Read(place, size, "mod_metadata"), pointers.Name);
        if (Version.Read(header) != 1)
        {
            return null;
        }

        ModuleMetadataKind kind = (ModuleMetadataKind)unchecked((int)Type.Read(header));
        string name = pointers.Follow(place + NameOffset) is { } text ? pointers.Text(text) : "";
        int[] numbers = [0, 0, 0];
        int count = kind switch
        {
            ModuleMetadataKind.Depend => 3,
            ModuleMetadataKind.Version => 1,
            _ => 0,
        };
        if (count > 0 && pointers.Follow(place + DataOffset) is { } data)
        {
            byte[] bytes = pointers.Read(data, count * sizeof(int), "md_data");
            for (int i = 0; i < count; i++)
            {
                numbers[i] = BitConverter.ToInt32(bytes, i * sizeof(int));
            }
        }

        return new ModuleMetadata(kind, name, numbers[0], numbers[1], numbers[2]);
    }
}
