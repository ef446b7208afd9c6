using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;

namespace Baton.Protocols.FreeBsd;

/// <summary>A file that is preloaded behind the kernel: a module, a memory disk, or something else.</summary>
public sealed record PreloadedFile
{
    /// <summary>The path that the kernel is told.</summary>
    public required string Path { get; init; }

    /// <summary>The kind of file: <see cref="ModInfo.ModuleTypeOf"/>, <see cref="ModInfo.MemoryDiskType"/> or another.</summary>
    public required string Type { get; init; }

    public required IByteSource Source { get; init; }

    /// <summary>The module's arguments; null for none.</summary>
    public string? Arguments { get; init; }

    /// <summary>The module; null for a file that is taken as it is.</summary>
    public FreeBsdModuleFile? Module { get; init; }

    /// <summary>A module.</summary>
    /// <exception cref="ImageFormatException">It is none.</exception>
    public static PreloadedFile OfModule(string path, IByteSource source, string? arguments = null)
    {
        FreeBsdModuleFile module = FreeBsdModuleFile.Open(ElfFile.Open(source));
        return new PreloadedFile
        {
            Path = path,
            Type = ModInfo.ModuleTypeOf(module.Architecture),
            Source = source,
            Arguments = arguments,
            Module = module,
        };
    }

    /// <summary>A file that is taken as it is.</summary>
    public static PreloadedFile OfRaw(string path, string type, IByteSource source) =>
        new() { Path = path, Type = type, Source = source };
}
