using System.CommandLine;
using System.Text.Json;
using Baton.Bytes;
using Baton.Cli.Planned;
using Baton.Compression;
using Baton.Formats;
using Baton.Formats.BzImage;
using Baton.Formats.Compression;
using Baton.Formats.Cpio;
using Baton.Formats.DeviceTrees;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;
using Baton.Formats.Initramfs;
using Baton.Handoffs;
using Baton.Linux.Files;
using Baton.Reports;

namespace Baton.Cli.Commands;

/// <summary><c>baton inspect</c>: what a kernel, an initrd or a device tree is, read from the file alone.</summary>
internal static class InspectCommand
{
    public static Command Create(CommandEnvironment environment)
    {
        Argument<string[]> files = new("FILE")
        {
            Description = "Kernels, initrds, device trees and FreeBSD roots",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<bool> json = new("--json") { Description = "Print JSON" };
        Option<string?> extract = new("--extract")
        {
            Description = "Take a part out: a bzImage's vmlinux, a UKI's .linux, .initrd, .cmdline, .dtb, .ucode, …",
            HelpName = "PART",
        };
        extract.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var part }] && part != Extraction.Vmlinux && !part.StartsWith('.'))
            {
                result.AddError($"--extract {part}: expected {Extraction.Vmlinux}, or a UKI's section such as .linux");
            }
        });
        Option<string?> output = new("--output", "-o")
        {
            Description = "Where the extracted part goes",
            HelpName = "FILE",
        };
        Option<bool> dts = new("--dts") { Description = "Print a device tree as a source that dtc takes" };
        Option<bool> force = new("--force") { Description = "Replace the output file if it is there" };
        Command command = new(
            "inspect", "Show what a kernel, an initrd or a device tree is: format, version, load rules, header")
        {
            files.RefuseEmpty(), json, dts, extract, output.RefuseEmpty(), force,
        };
        command.SetAction(parsed =>
        {
            string[] names = parsed.GetRequiredValue(files);
            string? target = parsed.GetValue(output);
            string? part = parsed.GetValue(extract);
            bool extracts = part is not null;
            if (extracts != (target is not null) || (extracts && (names.Length > 1 || parsed.GetValue(json))))
            {
                throw new CommandException(
                    ExitCode.Usage, "--extract takes one FILE and -o OUTPUT, and no --json; try inspect --help");
            }

            if (parsed.GetValue(force) && !extracts)
            {
                throw new CommandException(ExitCode.Usage, "--force is for --extract, which alone writes a file");
            }

            if (parsed.GetValue(dts))
            {
                return extracts || names.Length > 1 || parsed.GetValue(json)
                    ? throw new CommandException(
                        ExitCode.Usage, "--dts takes one FILE, and neither --json nor --extract; try inspect --help")
                    : PrintSource(names[0], environment);
            }

            return extracts
                ? Extraction.Run(names[0], part!, target!, parsed.GetValue(force), environment)
                : Run(names, parsed.GetValue(json), environment);
        });
        return command;
    }

    /// <summary>Prints a device tree as a source.</summary>
    private static int PrintSource(string file, CommandEnvironment environment)
    {
        using FileSource source = FileSource.Open(file);
        DeviceTreeSource.Write(environment.Output, DeviceTree.Open(source));
        return ExitCode.Ok;
    }

    /// <summary>Reports on every file; one that cannot be read does not keep the others from being shown.</summary>
    internal static int Run(IReadOnlyList<string> files, bool asJson, CommandEnvironment environment)
    {
        List<Action<Utf8JsonWriter>> objects = [];
        int status = ExitCode.Ok;
        bool first = true;
        foreach (string file in files)
        {
            try
            {
                using FreeBsdFiles? root = Directory.Exists(file) ? OpenRoot(file) : null;
                using FileSource? source = root is null ? FileSource.Open(file) : null;
                Inspected inspected = root is null ? Inspect(source!) : Inspect(root);
                if (asJson)
                {
                    objects.Add(inspected.WriteJson);
                    continue;
                }

                if (!first)
                {
                    environment.Output.WriteLine();
                }

                environment.Print(inspected.Report);
                first = false;
            }
            catch (Exception e) when (Application.ExitCodeOf(e) is { } code)
            {
                environment.Error.WriteLine($"baton: {e.Message}");
                objects.Add(json => WriteFailure(json, file, e));
                status = status == ExitCode.Ok ? code : status;
            }
        }

        if (asJson)
        {
            environment.PrintJson(json =>
            {
                json.WriteStartArray("images");
                foreach (Action<Utf8JsonWriter> write in objects)
                {
                    json.WriteStartObject();
                    write(json);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            });
        }

        return status;
    }

    private static FreeBsdFiles OpenRoot(string folder) => new(FreeBsdRequestOptions.None with { Root = folder });

    private static Inspected Inspect(FreeBsdFiles root)
    {
        FreeBsdRootView view = root.View()!;
        return new Inspected(FreeBsdRootReport.Of(view), json => FreeBsdRootReport.WriteJson(json, view));
    }

    private static Inspected Inspect(FileSource source)
    {
        Codecs codecs = new();
        if (IsInitrd(source, codecs))
        {
            InitrdFile initrd = InitrdFile.Open(source);
            return new Inspected(InitrdReport.Of(initrd), json => InitrdReport.WriteJson(json, initrd));
        }

        if (DeviceTreeHeader.Matches(source.Window(0, DeviceTreeFields.HeaderSize)))
        {
            DeviceTree tree = DeviceTree.Open(source);
            return new Inspected(
                DeviceTreeReport.Of(tree, source.Length), json => DeviceTreeReport.WriteJson(json, tree, source.Length));
        }

        if (ElfFile.Matches(source.Window(0, ElfFields.HeaderSize)) && source.Window(0, ElfFields.HeaderSize) is var head
            && ElfFields.Class.Read(head) == ElfFields.Class64 && ElfFile.Open(source) is var elf
            && FreeBsdModuleFile.Matches(elf) && !FreeBsdKernelFile.Matches(elf))
        {
            FreeBsdModuleFile module = FreeBsdModuleFile.Open(elf);
            return new Inspected(FreeBsdReport.Of(module), json => FreeBsdReport.WriteJson(json, module));
        }

        KernelImage kernel = KernelImages.Open(source, codecs);
        if (kernel.BzImage is { } bzImage && BzImageChecksum.Holds(bzImage) is { } holds)
        {
            Finding finding = holds
                ? new Finding(Severity.Note, "crc32-good", "The CRC-32 of the kernel's build matches.")
                : new Finding(
                    Severity.Note,
                    "crc32-mismatch",
                    "The CRC-32 of the kernel's build does not match: the file is damaged, unless it is of a version whose "
                    + "build appends none (6.15 and later).");
            kernel = kernel with { Findings = [.. kernel.Findings, finding] };
        }

        return new Inspected(KernelReport.Of(kernel), json => KernelJson.Write(json, kernel));
    }

    /// <summary>An archive, or something compressed with an archive in it.</summary>
    private static bool IsInitrd(FileSource source, ICodecs codecs)
    {
        ByteView head = source.Window(0, CompressionProbe.HeadLength);
        CompressionKind kind = CompressionProbe.Probe(head);
        return kind == CompressionKind.None
            ? CpioReader.Matches(head)
            : KernelImages.HeadInside(source, kind, codecs) is { } inside
                && CpioReader.Matches(new ByteView(inside, source.Name));
    }

    private static void WriteFailure(Utf8JsonWriter json, string file, Exception e)
    {
        json.WriteString("file", file);
        json.WriteStartObject("error");
        if (e is ImageFormatException image)
        {
            json.WriteString("id", image.Error.ToString());
            json.WriteNumber("offset", image.Where.Offset);
            json.WriteString("field", image.Where.Field);
        }

        json.WriteString("text", e.Message);
        json.WriteEndObject();
    }

    private sealed record Inspected(Report Report, Action<Utf8JsonWriter> WriteJson);
}
