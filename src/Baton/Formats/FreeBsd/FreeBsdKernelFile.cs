using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Handoffs;

namespace Baton.Formats.FreeBsd;

/// <summary>
/// A FreeBSD kernel: an ELF file linked at KERNBASE. Loaders go by p_vaddr and ignore p_paddr, which some linkers set to
/// the virtual address and others to an address above 2 MiB.
/// </summary>
public sealed class FreeBsdKernelFile
{
    /// <summary>EI_OSABI of FreeBSD's linkers.</summary>
    public const byte OsAbi = 9;

    /// <summary>Where an amd64 kernel's address space starts (sys/amd64/include/vmparam.h).</summary>
    public const ulong KernBaseX64 = 0xffff_ffff_8000_0000;

    /// <summary>Where an arm64 kernel's address space starts (sys/arm64/include/vmparam.h).</summary>
    public const ulong KernBaseArm64 = 0xffff_0000_0000_0000;

    /// <summary>Bytes of KERNBASE's window that a kernel may take: what is left is for its modules and drivers.</summary>
    private const ulong Window = 1UL << 30;

    /// <summary>Bytes of an instruction on arm64, and what its address is a multiple of.</summary>
    private const ulong Arm64Instruction = 4;

    private FreeBsdKernelFile(ElfFile elf) => Elf = elf;

    /// <summary>The file.</summary>
    public ElfFile Elf { get; }

    public required Architecture Architecture { get; init; }

    /// <summary>What the kernel says of itself, <c>FreeBSD 12.1-RELEASE r354233 GENERIC</c>; null when not found.</summary>
    public required string? Version { get; init; }

    /// <summary>The name of its configuration (<c>GENERIC</c>); null when not found.</summary>
    public required string? Ident { get; init; }

    /// <summary>Whether it runs at any multiple of 2 MiB; else its first byte must lie at 2 MiB. Always so on arm64.</summary>
    public required bool Relocatable { get; init; }

    /// <summary>Symbols for the kernel's debugger; null when the file has been stripped of them.</summary>
    public required ElfSymbols? Symbols { get; init; }

    /// <summary>What belongs to the kernel itself: its own module versions.</summary>
    public required IReadOnlyList<ModuleMetadata> Metadata { get; init; }

    /// <summary>KERNBASE of the architecture.</summary>
    public ulong KernBase => KernBaseOf(Architecture);

    /// <summary>The load segments that take memory, by rising virtual address.</summary>
    public IReadOnlyList<ElfSegment> Loads => [.. LoadsOf(Elf)];

    /// <summary>The lowest virtual address.</summary>
    public ulong Start => Loads[0].VirtualAddress;

    /// <summary>The first virtual address behind the kernel and its bss.</summary>
    public ulong End => Loads[^1].VirtualAddress + Loads[^1].MemorySize;

    /// <summary>Whether an ELF file looks like such a kernel.</summary>
    public static bool Matches(ElfFile elf)
    {
        ArgumentNullException.ThrowIfNull(elf);
        return elf.Type is ElfType.Executable or ElfType.Shared
            && elf.Architecture is { } architecture
            && LoadsOf(elf).FirstOrDefault() is { } first
            && first.VirtualAddress >= KernBaseOf(architecture)
            && first.VirtualAddress - KernBaseOf(architecture) < Window
            && (elf.OsAbi == OsAbi || HasRedHerring(elf) || elf.Sections.Any(s => s.Name == ModuleMetadata.SetName));
    }

    /// <summary>Reads the kernel.</summary>
    /// <exception cref="ImageFormatException">It is none, or its segments, symbols or metadata are malformed.</exception>
    public static FreeBsdKernelFile Open(ElfFile elf)
    {
        ArgumentNullException.ThrowIfNull(elf);
        if (!Matches(elf) || elf.Architecture is not { } architecture)
        {
            throw Refuse(elf, ImageError.UnknownFormat, ElfFields.OsAbi.Name, "an ELF file that is no FreeBSD kernel");
        }

        CheckSegments(elf, KernBaseOf(architecture));
        ElfSymbols? symbols = ElfSymbols.Open(elf);
        ElfSymbols? named = symbols ?? ElfSymbols.OpenDynamic(elf);
        return new FreeBsdKernelFile(elf)
        {
            Architecture = architecture,
            Symbols = symbols,
            Version = FirstLine(TextOf(elf, named?.Find("version"u8))) ?? FindBanner(elf),
            Ident = FirstLine(TextOf(elf, named?.Find("kern_ident"u8))),
            Relocatable = architecture == Architecture.Arm64 || IsRelocatable(named?.Find("kernphys"u8)),
            Metadata = ModuleMetadata.ReadAll(elf),
        };
    }

    /// <summary>KERNBASE of an architecture.</summary>
    public static ulong KernBaseOf(Architecture architecture) =>
        architecture == Architecture.Arm64 ? KernBaseArm64 : KernBaseX64;

    /// <summary>
    /// A relocatable kernel keeps its place in a variable; for the others kernphys is a number that the linker knew.
    /// </summary>
    private static bool IsRelocatable(ElfSymbol? kernphys) =>
        kernphys is { Kind: ElfSymbol.ObjectKind, Size: sizeof(ulong), Section: not ElfSymbol.Absolute };

    private static IEnumerable<ElfSegment> LoadsOf(ElfFile elf) =>
        elf.LoadSegments.Where(s => s.MemorySize > 0).OrderBy(s => s.VirtualAddress);

    /// <summary>The interpreter that FreeBSD's kernels name, so that nobody runs them: it does not exist.</summary>
    private static bool HasRedHerring(ElfFile elf)
    {
        ReadOnlySpan<byte> name = "/red/herring\0"u8;
        return elf.Segments.FirstOrDefault(s => s.Type == ElfSegmentType.Interp) is { } interpreter
            && interpreter.FileSize == name.Length
            && elf.Source.Window(interpreter.Offset, name.Length).Bytes.SequenceEqual(name);
    }

    private static void CheckSegments(ElfFile elf, ulong kernBase)
    {
        ulong end = kernBase;
        foreach (ElfSegment segment in LoadsOf(elf))
        {
            if (segment.VirtualAddress < end)
            {
                throw Refuse(
                    elf,
                    ImageError.Inconsistent,
                    ElfFields.PVaddr.Name,
                    $"load segments overlap at 0x{segment.VirtualAddress:x}");
            }

            if (segment.VirtualAddress - kernBase > Window
                || segment.MemorySize > Window - (segment.VirtualAddress - kernBase))
            {
                throw Refuse(
                    elf,
                    ImageError.OutOfRange,
                    ElfFields.PMemsz.Name,
                    $"0x{segment.MemorySize:x} bytes from 0x{segment.VirtualAddress:x} reach more than 1 GiB above KERNBASE");
            }

            end = segment.VirtualAddress + segment.MemorySize;
        }

        if (!LoadsOf(elf).Any(s => s.ContainsVirtual(elf.Entry)))
        {
            throw Refuse(
                elf, ImageError.OutOfRange, ElfFields.Entry.Name, $"the entry 0x{elf.Entry:x} lies in no load segment");
        }

        if (elf.Architecture == Architecture.Arm64 && elf.Entry % Arm64Instruction != 0)
        {
            throw Refuse(
                elf,
                ImageError.OutOfRange,
                ElfFields.Entry.Name,
                $"found 0x{elf.Entry:x}, expected a multiple of {Arm64Instruction}, as addresses of arm64 instructions are");
        }
    }

    private static string? TextOf(ElfFile elf, ElfSymbol? symbol)
    {
        const int longest = 512;
        if (symbol is null
            || LoadsOf(elf).FirstOrDefault(s => s.ContainsVirtual(symbol.Value)) is not { } home
            || symbol.Value - home.VirtualAddress >= (ulong)home.FileSize)
        {
            return null;
        }

        long offset = (long)(symbol.Value - home.VirtualAddress);
        ReadOnlySpan<byte> bytes = elf.Source.Window(
            home.Offset + offset, (int)Math.Min(longest, home.FileSize - offset)).Bytes;
        int end = bytes.IndexOf((byte)0);
        return end <= 0 ? null : PrintableText.Of(System.Text.Encoding.UTF8.GetString(bytes[..end]).Split('\n')[0]);
    }

    private static string? FindBanner(ElfFile elf) => elf.LoadSegments
        .Select(segment => KernelBanner.Find(elf.Source, segment.Offset, segment.FileSize, "FreeBSD "u8))
        .FirstOrDefault(found => found is not null) is { } version ? $"FreeBSD {version}" : null;

    private static string? FirstLine(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static ImageFormatException Refuse(ElfFile elf, ImageError error, string field, string problem) =>
        new(error, new ImageLocation(elf.Source.Name, 0, field), problem);
}
