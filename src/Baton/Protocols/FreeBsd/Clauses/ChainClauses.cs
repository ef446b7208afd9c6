using System.Text;
using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>What the metadata chain tells, read from memory as the kernel would.</summary>
internal sealed class ChainClauses(FreeBsdContract contract)
{
    private const int LongestEnvironment = 1 << 17;
    private const int LongestVariable = 258;

    public IEnumerable<Clause<X64Arrival>> All =>
    [
        new("chain", "The chain at modulep parses up to its end, and ends before kernend.", FreeBsdContract.Chain, Parses),
        new("chain-place", "modulep is a page boundary of what was loaded, below kernend.", FreeBsdContract.Chain, Place),
        new(
            "kernel-first",
            "The first file is the kernel: its path, its type, where it starts and how long it is with its symbols.",
            FreeBsdContract.Chain,
            KernelFirst),
        new("howto", "HOWTO is what flags and variables say.", FreeBsdContract.Chain, Howto),
        new("kernend", "KERNEND and MODULEP say what the stack says.", FreeBsdContract.Chain, KernEnd),
        new(
            "environment",
            "ENVP leads to the variables that were asked for, in order, each short enough to be kept.",
            FreeBsdContract.Chain,
            Environment),
        new(
            "symbols",
            "SSYM and ESYM enclose the symbols and their names as the kernel's file has them.",
            FreeBsdContract.Chain,
            Symbols),
        new("elf-header", "ELFHDR and SHDR are the kernel's own headers.", FreeBsdContract.Chain, Headers),
        new("addresses", "Every address in the chain falls into a loaded segment.", FreeBsdContract.Chain, Addresses),
        new("files", "Every file that was asked for is in the chain, in order, with its type.", FreeBsdContract.Chain, Files),
        new(
            "raw-files",
            "Files that are taken as they are start on a page boundary and are there byte for byte.",
            FreeBsdContract.Chain,
            RawFiles),
        new(
            "modules",
            "The sections of each module are where its SHDR says, byte for byte, the lowest at its base.",
            FreeBsdContract.Chain,
            Modules),
    ];

    private static Verdict Parses(X64Arrival arrival)
    {
        ArrivedChain chain = FreeBsdContract.ReadChain(arrival);
        ulong end = FreeBsdContract.ModuleP(arrival) + chain.Length;
        return Verdict.Unless(
            chain.Problem ?? (end > FreeBsdContract.KernEnd(arrival) ? $"it ends at 0x{end:x}, behind kernend"
                : FreeBsdContract.KernEnd(arrival) - end >= DestinationSpace.Page ? $"it ends at 0x{end:x}, far before kernend"
                : null),
            $"{chain.Files.Count} files, 0x{chain.Length:x} bytes");
    }

    private static Verdict Place(X64Arrival arrival)
    {
        ulong modulep = FreeBsdContract.ModuleP(arrival);
        ulong kernend = FreeBsdContract.KernEnd(arrival);
        bool isRight = modulep % DestinationSpace.Page == 0 && kernend % DestinationSpace.Page == 0 && modulep < kernend
            && FreeBsdContract.IsLoaded(arrival, modulep, kernend - modulep);
        return new Verdict(isRight, $"modulep 0x{modulep:x}, kernend 0x{kernend:x}");
    }

    private Verdict KernelFirst(X64Arrival arrival)
    {
        ArrivedChain chain = FreeBsdContract.ReadChain(arrival);
        ulong start = contract.Request.Kernel.Start - contract.Request.Kernel.KernBase;
        if (chain.Files.Count == 0 || chain.Files[0] != chain.Kernel)
        {
            return Verdict.Broken("there is no kernel in front");
        }

        ArrivedFile kernel = chain.Files[0];
        ulong end = kernel.Number(ModInfo.SymbolsEnd) ?? contract.Request.Kernel.End - contract.Request.Kernel.KernBase;
        bool isRight = kernel.Text(ModInfo.Name) == contract.Request.KernelPath
            && kernel.Number(ModInfo.Address) == start && kernel.Number(ModInfo.Size) == unchecked(end - start)
            && kernel.Text(ModInfo.Type) == ModInfo.KernelType;
        return new Verdict(
            isRight,
            $"{kernel.Text(ModInfo.Name)}, 0x{kernel.Number(ModInfo.Size):x} bytes at 0x{kernel.Number(ModInfo.Address):x}");
    }

    private Verdict? Howto(X64Arrival arrival) => Of(arrival, kernel =>
    {
        uint expected = (uint)(contract.Request.Howto | BootFlags.Of(contract.Request.Variables));
        return new Verdict(
            kernel[ModInfo.Howto] is { Length: sizeof(uint) } && kernel.Number(ModInfo.Howto) == expected,
            $"0x{kernel.Number(ModInfo.Howto):x}");
    });

    private static Verdict? KernEnd(X64Arrival arrival) => Of(arrival, kernel => new Verdict(
        kernel.Number(ModInfo.KernEnd) == FreeBsdContract.KernEnd(arrival)
        && kernel.Number(ModInfo.ModuleP) == FreeBsdContract.ModuleP(arrival),
        $"0x{kernel.Number(ModInfo.KernEnd):x} and 0x{kernel.Number(ModInfo.ModuleP):x}"));

    private Verdict? Environment(X64Arrival arrival) => Of(arrival, kernel =>
    {
        KernelEnvironment wanted = contract.Request.Variables.Copy();
        wanted.SetDefault("kernelname", contract.Request.KernelPath);
        if (contract.Machine.AcpiRsdp is { } rsdp)
        {
            wanted.SetDefault("acpi.rsdp", $"0x{rsdp.Value:x16}");
        }

        if (kernel.Number(ModInfo.Environment) is not { } envp
            || FreeBsdContract.Physical(arrival, envp) is not { } at)
        {
            return Verdict.Broken("ENVP leads nowhere");
        }

        List<string> found = [];
        for (ulong offset = 0; offset < LongestEnvironment;)
        {
            if (arrival.ReadText(at + offset, LongestEnvironment) is not { } text)
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

    private Verdict? Symbols(X64Arrival arrival) => Of(arrival, kernel =>
    {
        if (contract.Request.Kernel.Symbols is not { Table.IsAllocated: false } symbols)
        {
            return Verdict.Kept("the file has none");
        }

        if (kernel.Number(ModInfo.SymbolsStart) is not { } start || kernel.Number(ModInfo.SymbolsEnd) is not { } end
            || start % sizeof(ulong) != 0)
        {
            return Verdict.Broken("they are missing");
        }

        ulong at = start;
        IByteSource file = contract.Request.Kernel.Elf.Source;
        foreach (ElfSection section in (ElfSection[])[symbols.Table, symbols.Names])
        {
            if (!FreeBsdContract.IsLoaded(arrival, at, sizeof(ulong) + section.Size)
                || FreeBsdContract.Physical(arrival, at) is not { } physical || arrival.Read64(physical) != section.Size
                || !Same(arrival, physical + sizeof(ulong), file, (long)section.Offset, section.Size))
            {
                return Verdict.Broken($"{section.Name} is not at 0x{at:x}");
            }

            at = (at + sizeof(ulong) + section.Size + 7) & ~7UL;
        }

        return new Verdict(at == end, $"0x{start:x} to 0x{end:x}");
    });

    private Verdict? Headers(X64Arrival arrival) => Of(arrival, kernel =>
    {
        ElfFile elf = contract.Request.Kernel.Elf;
        byte[] header = elf.Source.Window(0, ElfFields.HeaderSize).Bytes.ToArray();
        byte[] sections = elf.Source.Window(
            elf.SectionTableOffset, elf.Sections.Count * ElfFields.SectionHeaderSize).Bytes.ToArray();
        bool isRight = kernel[ModInfo.ElfHeader] is { } found && found.AsSpan().SequenceEqual(header)
            && (sections.Length == 0
                || (kernel[ModInfo.SectionHeaders] is { } table && table.AsSpan().SequenceEqual(sections)));
        return new Verdict(isRight, $"{elf.Sections.Count} sections");
    });

    private static Verdict Addresses(X64Arrival arrival)
    {
        foreach (ArrivedFile file in FreeBsdContract.ReadChain(arrival).Files)
        {
            ulong start = file.Number(ModInfo.Address) ?? 0;
            ulong length = file.Number(ModInfo.Size) ?? 0;
            ulong?[] others =
                [file.Number(ModInfo.Environment), file.Number(ModInfo.SymbolsStart), file.Number(ModInfo.ModuleP)];
            if (!FreeBsdContract.IsLoaded(arrival, start, length)
                || others.Any(other => other is { } place && !FreeBsdContract.IsLoaded(arrival, place, 1))
                || (file.Number(ModInfo.SymbolsEnd) is { } end && (end < start || end > start + length)))
            {
                return Verdict.Broken($"one of {file.Text(ModInfo.Name)} does not");
            }
        }

        return Verdict.Kept("all do");
    }

    private Verdict Files(X64Arrival arrival)
    {
        IReadOnlyList<ArrivedFile> files = FreeBsdContract.ReadChain(arrival).Files;
        string Describe(string? path, string? type, string? arguments) => $"{path} {type} {arguments}".TrimEnd();
        string[] expected = [.. contract.Request.Files.Select(file => Describe(file.Path, file.Type, file.Arguments))];
        string[] found =
        [
            .. files.Skip(1).Select(file => Describe(
                file.Text(ModInfo.Name), file.Text(ModInfo.Type), file.Text(ModInfo.Arguments))),
        ];
        string seen = found.Length == 0 ? "none" : string.Join("; ", found);
        return new Verdict(found.SequenceEqual(expected), seen);
    }

    private Verdict RawFiles(X64Arrival arrival)
    {
        IReadOnlyList<ArrivedFile> files = FreeBsdContract.ReadChain(arrival).Files;
        int count = 0;
        for (int i = 0; i < contract.Request.Files.Count; i++)
        {
            PreloadedFile file = contract.Request.Files[i];
            if (file.Module is not null)
            {
                continue;
            }

            count++;
            if (i + 1 >= files.Count || files[i + 1].Number(ModInfo.Address) is not { } start
                || start % DestinationSpace.Page != 0 || files[i + 1].Number(ModInfo.Size) != (ulong)file.Source.Length
                || files[i + 1].Records.Any(record => record.Type >= ModInfo.Metadata)
                || FreeBsdContract.Physical(arrival, start) is not { } physical
                || !Same(arrival, physical, file.Source, 0, (ulong)file.Source.Length))
            {
                return Verdict.Broken($"{file.Path} is not");
            }
        }

        return Verdict.Kept($"{count} files");
    }

    private Verdict Modules(X64Arrival arrival)
    {
        IReadOnlyList<ArrivedFile> files = FreeBsdContract.ReadChain(arrival).Files;
        int count = 0;
        for (int i = 0; i < contract.Request.Files.Count; i++)
        {
            if (contract.Request.Files[i] is { Module: { } module } file)
            {
                count++;
                string? problem = i + 1 < files.Count ? ModuleClause.WhyWrong(arrival, files[i + 1], module.Elf) : "missing";
                if (problem is not null)
                {
                    return Verdict.Broken($"{file.Path}: {problem}");
                }
            }
        }

        return Verdict.Kept($"{count} modules");
    }

    /// <summary>Null when the chain has no kernel, which another clause says.</summary>
    private static Verdict? Of(X64Arrival arrival, Func<ArrivedFile, Verdict> judge) =>
        FreeBsdContract.ReadChain(arrival).Kernel is { } kernel ? judge(kernel) : null;

    /// <summary>Whether memory holds a part of a file.</summary>
    internal static bool Same(X64Arrival arrival, ulong physical, IByteSource source, long offset, ulong length)
    {
        const int step = 1 << 20;
        for (ulong done = 0; done < length; done += step)
        {
            int count = (int)Math.Min(step, length - done);
            byte[] expected = new byte[count];
            source.Read(offset + (long)done, expected);
            if (!arrival.Read(physical + done, count).AsSpan().SequenceEqual(expected))
            {
                return false;
            }
        }

        return true;
    }
}
