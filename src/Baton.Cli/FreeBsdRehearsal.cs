using Baton.Cli.Planned;
using Baton.Compression;
using Baton.Formats;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;
using Baton.Lab;
using Baton.Linux.Files;

namespace Baton.Cli;

/// <summary>What is different in the rehearsal of a handoff to a FreeBSD kernel: its files, its console, its signs.</summary>
internal static class FreeBsdRehearsal
{
    private const string Root = "next/root";

    /// <summary>What the kernel is told besides, so that it speaks where the rehearsal listens; options say otherwise.</summary>
    private static readonly string[] Console =
        ["boot_serial=YES", "boot_verbose=YES", "console=comconsole", "hw.uart.console=io:0x3f8,br:115200"];

    /// <summary>Whether a handoff's kernel is FreeBSD's.</summary>
    /// <exception cref="CommandException">It is for another architecture than the rehearsal's machine.</exception>
    public static bool IsFor(HandoffRequest request)
    {
        using FileSource file = FileSource.Open(request.Kernel);
        if (KernelImages.Open(file, new Codecs()).FreeBsd is not { } kernel)
        {
            return request.FreeBsd.Given is { } option
                ? throw new CommandException(ExitCode.Usage, $"{option} is for FreeBSD kernels, and {request.Kernel} is none")
                : false;
        }

        if (kernel.Architecture != Handoffs.Architecture.X64)
        {
            throw new CommandException(
                ExitCode.Unavailable, $"{request.Kernel}: a kernel for {kernel.Architecture}, and rehearsals are for amd64");
        }

        return true;
    }

    /// <summary>Adds the files, and says what the commands in the machine are given.</summary>
    /// <param name="request">The handoff.</param>
    /// <param name="add">Adds a file of this system to the machine, at a path.</param>
    /// <param name="tell">Tells the user.</param>
    public static IEnumerable<string> Arguments(
        HandoffRequest request, Action<string, string> add, Action<IEnumerable<Finding>> tell)
    {
        FreeBsdRequestOptions options = request.FreeBsdOptions();
        List<string> arguments = [];
        using FreeBsdFiles files = new(options);
        using FileSource kernelFile = FileSource.Open(request.Kernel);
        FreeBsdKernelFile kernel = KernelImages.Open(kernelFile, new Codecs()).FreeBsd!;
        if (options.Root is not null)
        {
            foreach ((string inside, string file) in files.Taken(kernel))
            {
                add($"{Root}/{inside}", file);
            }

            arguments.AddRange("--freebsd", "/" + Root);
        }

        if (files.Kernel.InRoot is not { } path)
        {
            add("next/kernel", request.Kernel);
            arguments.Add("/next/kernel");
        }
        else if (!files.Kernel.IsDefault)
        {
            arguments.Add($"/{Root}{path}");
        }

        foreach ((int i, string module) in options.Modules.Index())
        {
            (string file, string? type) = FreeBsdFiles.Split(module);
            string inside = $"next/modules/{i}/{Path.GetFileName(file)}";
            add(inside, file);
            arguments.AddRange("--module", $"/{inside}{(type is null ? "" : $":{type}")}");
        }

        string[] given = [.. options.Environment.Select(NameOf)];
        string[] added = [.. Console.Where(variable => !given.Contains(NameOf(variable)))];
        tell(
        [
            new Finding(
                Severity.Note,
                "rehearsal-console",
                $"for the rehearsal {string.Join(", ", added)} is added to the kernel's variables"),
        ]);
        arguments.AddRange(options.Environment.Concat(added).SelectMany(variable => (string[])["--env", variable]));
        if (options.Flags.Length > 0)
        {
            arguments.Add($"--boot-flags={options.Flags}");
        }

        if (options.IsStrict)
        {
            arguments.Add("--strict");
        }

        if (options.Arguments.Length > 0)
        {
            arguments.Add($"--command-line={options.Arguments}");
        }

        return arguments;
    }

    /// <summary>The signs that the kernel and its userspace leave.</summary>
    public static IEnumerable<RehearsalSign> Signs(string? expected) =>
    [
        new("jumped, its banner", "\"FreeBSD \" and a version", IsBanner),
        expected is { } text
            ? RehearsalSign.Containing($"\"{text}\" on its console", text)
            : RehearsalSign.Containing("its userspace reached", "start_init: trying"),
    ];

    /// <summary>Whether a line says that the kernel has given up: a panic, or a question that nobody answers.</summary>
    public static bool IsFailure(string line) =>
        line.StartsWith("panic: ", StringComparison.Ordinal)
        || line.StartsWith("Fatal trap ", StringComparison.Ordinal)
        || line.StartsWith("Manual root filesystem specification:", StringComparison.Ordinal);

    private static string NameOf(string variable) => variable.Split('=')[0];

    private static bool IsBanner(string line) =>
        line.StartsWith("FreeBSD ", StringComparison.Ordinal) && line.Length > 8 && char.IsAsciiDigit(line[8]);
}
