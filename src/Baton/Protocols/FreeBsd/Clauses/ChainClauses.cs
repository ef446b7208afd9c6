using System.Text;
using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Handoffs;
using Baton.Proofs;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>What the metadata chain tells, read from memory as the kernel would.</summary>
/// <param name="request">What was asked for.</param>
/// <param name="source">The document that demands it.</param>
internal sealed class ChainClauses(FreeBsdRequest request, string source)
{
    private const int LongestEnvironment = 1 << 17;
    private const int LongestVariable = 258;

    public IEnumerable<Clause<ArrivedPreload>> All =>
    [
        new(
            "chain",
            "The chain at modulep parses up to its end, has no record of a type that nobody knows, and ends before kernend.",
            source,
            Parses),
        new("chain-place", "modulep is a page boundary of what was loaded, below kernend.", source, Place),
        new(
            "kernel-first",
            "The first file is the kernel: its path, its type, where it starts and how long it is with its symbols.",
            source,
            KernelFirst),
        new("howto", "HOWTO is what flags and variables say.", source, Howto),
        new(
            "kernend",
            "KERNEND says where all of it ends; on amd64 it and MODULEP say what the stack says, on arm64 there is no MODULEP.",
            source,
            KernEnd),
        new(
            "environment",
            "ENVP leads to the variables that were asked for, in order, each short enough to be kept.",
            source,
            Environment),
        new(
            "symbols",
            "SSYM and ESYM enclose the symbols and their names as the kernel's file has them.",
            source,
            Symbols),
        new("elf-header", "ELFHDR and SHDR are the kernel's own headers.", source, Headers),
        new("addresses", "Every address in the chain falls into a loaded segment.", source, Addresses),
        new("files", "Every file that was asked for is in the chain, in order, with its type.", source, Files),
        new(
            "raw-files",
            "Files that are taken as they are start on a page boundary and are there byte for byte.",
            source,
            RawFiles),
        new(
            "modules",
            "Each module lies as its own headers and SHDR say, byte for byte, with its symbols.",
            source,
            Modules),
    ];

    private Verdict Parses(ArrivedPreload preload)
    {
        ArrivedChain chain = preload.ReadChain();
        ulong end = preload.ModuleP + chain.Length;
        return Verdict.Unless(
            chain.Problem ?? (Strange(chain) is { } strange ? $"a record of type 0x{strange:x}"
                : end > preload.KernEnd ? $"it ends at 0x{end:x}, behind kernend"
                : preload.KernEnd - end >= preload.Boundary ? $"it ends at 0x{end:x}, far before kernend"
                : null),
            $"{chain.Files.Count} files, 0x{chain.Length:x} bytes");
    }

    /// <summary>A type of record that nobody knows; null when there is none.</summary>
    private uint? Strange(ArrivedChain chain)
    {
        foreach (ArrivedFile file in chain.Files)
        {
            foreach ((uint type, _) in file.Records)
            {
                if (!ModInfo.IsKnown(type, request.Kernel.Architecture))
                {
                    return type;
                }
            }
        }

        return null;
    }

    private static Verdict Place(ArrivedPreload preload)
    {
        ulong modulep = preload.ModuleP;
        ulong kernend = preload.KernEnd;
        bool isRight = modulep % DestinationSpace.Page == 0 && kernend % preload.Boundary == 0 && modulep < kernend
            && preload.IsLoaded(modulep, kernend - modulep);
        return new Verdict(isRight, $"modulep 0x{modulep:x}, kernend 0x{kernend:x}");
    }

    private Verdict KernelFirst(ArrivedPreload preload)
    {
        ArrivedChain chain = preload.ReadChain();
        ulong start = preload.Told(request.Kernel.Start);
        if (chain.Files.Count == 0 || chain.Files[0] != chain.Kernel)
        {
            return Verdict.Broken("there is no kernel in front");
        }

        ArrivedFile kernel = chain.Files[0];
        ulong end = kernel.Number(ModInfo.SymbolsEnd) ?? preload.Told(request.Kernel.End);
        bool isRight = kernel.Text(ModInfo.Name) == request.KernelPath
            && kernel.Number(ModInfo.Address) == start && kernel.Number(ModInfo.Size) == unchecked(end - start)
            && kernel.Text(ModInfo.Type) == ModInfo.KernelType;
        return new Verdict(
            isRight,
            $"{kernel.Text(ModInfo.Name)}, 0x{kernel.Number(ModInfo.Size):x} bytes at 0x{kernel.Number(ModInfo.Address):x}");
    }

    private Verdict? Howto(ArrivedPreload preload) => Of(preload, kernel =>
    {
        uint expected = (uint)(request.Howto | BootFlags.Of(request.Variables));
        return new Verdict(
            kernel[ModInfo.Howto] is { Length: sizeof(uint) } && kernel.Number(ModInfo.Howto) == expected,
            $"0x{kernel.Number(ModInfo.Howto):x}");
    });

    private Verdict? KernEnd(ArrivedPreload preload) => Of(preload, kernel =>
    {
        ulong? expected = request.Kernel.Architecture == Architecture.Arm64 ? null : preload.ModuleP;
        return new Verdict(
            kernel.Number(ModInfo.KernEnd) is > 0 and { } kernend && kernend == preload.KernEnd
            && kernel.Number(ModInfo.ModuleP) == expected,
            $"0x{kernel.Number(ModInfo.KernEnd):x} and 0x{kernel.Number(ModInfo.ModuleP):x}");
    });

    private Verdict? Environment(ArrivedPreload preload) => Of(preload, kernel =>
    {
        KernelEnvironment wanted = request.Variables.Copy();
        wanted.SetDefault("kernelname", request.KernelPath);
        if (request.Machine.AcpiRsdp is { } rsdp)
        {
            wanted.SetDefault("acpi.rsdp", $"0x{rsdp.Value:x16}");
            wanted.SetDefault("hint.acpi.0.rsdp", $"0x{rsdp.Value:x16}");
        }

        if (kernel.Number(ModInfo.Environment) is not { } envp
            || preload.Physical(envp) is not { } at)
        {
            return Verdict.Broken("ENVP leads nowhere");
        }

        List<string> found = [];
        for (ulong offset = 0; offset < LongestEnvironment;)
        {
            if (preload.ReadText(at + offset, LongestEnvironment) is not { } text)
            {
                return Verdict.Broken("it has no end");
            }

            if (text.Length == 0)
            {
                break;
            }

            found.Add(text);
            offset += (ulong)Encoding.UTF8.GetByteCount(text) + 1;
        }

        string[] expected = [.. wanted.Names.Select(name => $"{name}={wanted[name]}")];
        string? other = found.Except(expected).Concat(expected.Except(found)).FirstOrDefault();
        bool isRight = found.SequenceEqual(expected)
            && found.All(text => Encoding.UTF8.GetByteCount(text) <= LongestVariable);
        return new Verdict(isRight, other is null ? $"{found.Count} variables" : $"{other} is wrong or missing");
    });

    private Verdict? Symbols(ArrivedPreload preload) => Of(preload, kernel => Verdict.Unless(
        SymbolsClause.WhyWrong(preload, kernel, request.Kernel.Elf, request.Kernel.Symbols),
        request.Kernel.Symbols is null
            ? "the file has none"
            : $"0x{kernel.Number(ModInfo.SymbolsStart):x} to 0x{kernel.Number(ModInfo.SymbolsEnd):x}"));

    private Verdict? Headers(ArrivedPreload preload) => Of(preload, kernel =>
    {
        ElfFile elf = request.Kernel.Elf;
        byte[] header = elf.Source.Window(0, ElfFields.HeaderSize).Bytes.ToArray();
        byte[] sections = elf.Source.Window(
            elf.SectionTableOffset, elf.Sections.Count * ElfFields.SectionHeaderSize).Bytes.ToArray();
        bool isRight = kernel[ModInfo.ElfHeader] is { } found && found.AsSpan().SequenceEqual(header)
            && (sections.Length == 0
                || (kernel[ModInfo.SectionHeaders] is { } table && table.AsSpan().SequenceEqual(sections)));
        return new Verdict(isRight, $"{elf.Sections.Count} sections");
    });

    private static Verdict Addresses(ArrivedPreload preload)
    {
        foreach (ArrivedFile file in preload.ReadChain().Files)
        {
            ulong start = file.Number(ModInfo.Address) ?? 0;
            ulong length = file.Number(ModInfo.Size) ?? 0;
            ulong?[] others =
                [file.Number(ModInfo.Environment), file.Number(ModInfo.SymbolsStart), file.Number(ModInfo.ModuleP)];
            if (!preload.IsLoaded(start, length)
                || others.Any(other => other is { } place && !preload.IsLoaded(place, 1))
                || (file.Number(ModInfo.SymbolsEnd) is { } end && (end < start || end > start + length)))
            {
                return Verdict.Broken($"one of {file.Text(ModInfo.Name)} does not");
            }
        }

        return Verdict.Kept("all do");
    }

    private Verdict Files(ArrivedPreload preload)
    {
        IReadOnlyList<ArrivedFile> files = preload.ReadChain().Files;
        string Describe(string? path, string? type, string? arguments) => $"{path} {type} {arguments}".TrimEnd();
        string[] expected = [.. request.Files.Select(file => Describe(file.Path, file.Type, file.Arguments))];
        string[] found =
        [
            .. files.Skip(1).Select(file => Describe(
                file.Text(ModInfo.Name), file.Text(ModInfo.Type), file.Text(ModInfo.Arguments))),
        ];
        string seen = found.Length == 0 ? "none" : string.Join("; ", found);
        return new Verdict(found.SequenceEqual(expected), seen);
    }

    private Verdict RawFiles(ArrivedPreload preload)
    {
        IReadOnlyList<ArrivedFile> files = preload.ReadChain().Files;
        int count = 0;
        for (int i = 0; i < request.Files.Count; i++)
        {
            PreloadedFile file = request.Files[i];
            if (file.Module is not null)
            {
                continue;
            }

            count++;
            if (i + 1 >= files.Count || files[i + 1].Number(ModInfo.Address) is not { } start
                || start % DestinationSpace.Page != 0 || files[i + 1].Number(ModInfo.Size) != (ulong)file.Source.Length
                || files[i + 1].Records.Any(record => record.Type >= ModInfo.Metadata)
                || preload.Physical(start) is not { } physical
                || !preload.Same(physical, file.Source, 0, (ulong)file.Source.Length))
            {
                return Verdict.Broken($"{file.Path} is not");
            }
        }

        return Verdict.Kept($"{count} files");
    }

    private Verdict Modules(ArrivedPreload preload)
    {
        IReadOnlyList<ArrivedFile> files = preload.ReadChain().Files;
        int count = 0;
        for (int i = 0; i < request.Files.Count; i++)
        {
            if (request.Files[i] is { Module: { } module } file)
            {
                count++;
                string? problem = i + 1 >= files.Count ? "missing"
                    : ModuleClause.WhyWrong(preload, files[i + 1], module);
                if (problem is not null)
                {
                    return Verdict.Broken($"{file.Path}: {problem}");
                }
            }
        }

        return Verdict.Kept($"{count} modules");
    }

    /// <summary>Null when the chain has no kernel, which another clause says.</summary>
    private static Verdict? Of(ArrivedPreload preload, Func<ArrivedFile, Verdict> judge) =>
        preload.ReadChain().Kernel is { } kernel ? judge(kernel) : null;
}
