using System.CommandLine;
using System.Globalization;
using Baton.Cli.Init;
using Baton.Compression;
using Baton.Formats;
using Baton.Handoffs;
using Baton.Lab;
using Baton.Linux.Files;
using Baton.Machines;
using Baton.Reports;

namespace Baton.Cli.Commands;

/// <summary><c>baton rehearse</c>: the same handoff, tried in a virtual machine first. Needs no root.</summary>
internal static class RehearseCommand
{
    public static Command Create(CommandEnvironment environment)
    {
        HandoffOptions handoff = new();
        RehearsalOptions options = new();
        ProofOption proof = new();
        PinOption pin = new();
        Option<bool> json = new("--json") { Description = "print JSON" };
        Command command = new("rehearse", "Try a handoff in a virtual machine: from this kernel to the next")
        {
            json,
        };
        handoff.AddTo(command);
        options.AddTo(command);
        proof.AddTo(command);
        pin.AddTo(command);
        command.SetAction(parsed =>
        {
            HandoffRequest request = handoff.Read(parsed);
            return Run(
                request with { Pin = pin.Read(parsed, request) },
                options.Read(parsed),
                proof.IsWanted(parsed),
                parsed.GetValue(json),
                environment);
        });
        return command;
    }

    private static int Run(
        HandoffRequest handoff, RehearsalRequest request, bool isProved, bool asJson, CommandEnvironment environment)
    {
        if (handoff.Pin is not null && handoff.Carrier != Carrier.Gather)
        {
            throw new CommandException(
                ExitCode.Usage, "--pin is rehearsed with --carrier gather: the machine of a rehearsal has memory to do without");
        }

        string running = request.Running ?? OwnKernel();
        bool isFreeBsd = FreeBsdRehearsal.IsFor(handoff);
        if (isFreeBsd && handoff.Initrds.Count > 0)
        {
            throw new CommandException(ExitCode.Usage, Planned.FreeBsdPlan.NoInitrd);
        }

        if (isFreeBsd && handoff.Ramdisk is not null)
        {
            throw new CommandException(ExitCode.Usage, Planned.PlanInputs.NoRamdisk("FreeBSD"));
        }

        using FileSource source = FileSource.Open(handoff.Kernel);
        KernelImage image = KernelImages.Open(source, new Codecs());
        Refuse(handoff, image);
        string? commandLine = isFreeBsd
            ? null
            : RehearsalLine.Compose(handoff.CommandLine, image, File.ReadAllText("/proc/cmdline").Trim(), environment.Tell);
        bool hasWitness = !isFreeBsd && RehearsalFiles.NeedsWitness(handoff, image);
        using RehearsalFiles files = RehearsalFiles.Open(handoff, commandLine, hasWitness, isProved, environment.Tell);
        using FileSource kernel = FileSource.Open(running);
        RehearsalReport report = Rehearse(
            request,
            files,
            isFreeBsd,
            running,
            [
                RehearsalSign.Containing("running kernel booted", InitProcess.Mark + "plan"),
                .. handoff.Carrier == Carrier.Gather ? GatherSigns : LoadSigns,
                .. isFreeBsd ? FreeBsdRehearsal.Signs(request.Expect) : LinuxSigns(hasWitness, request.Expect),
            ]);
        if (asJson)
        {
            environment.PrintJson(json => RehearsalResult.Write(json, report));
        }
        else
        {
            environment.Print(RehearsalResult.Of(report));
        }

        return report.Passed ? ExitCode.Ok : ExitCode.No;
    }

    /// <summary>What would be left out without a word.</summary>
    private static void Refuse(HandoffRequest handoff, KernelImage image)
    {
        if (image.Architecture != Handoffs.Architecture.X64)
        {
            throw new CommandException(
                ExitCode.Unavailable,
                $"{handoff.Kernel}: a kernel for {Words.Of(image.Architecture)}, and rehearsals are for amd64");
        }

        if (handoff.DeviceTree is not null)
        {
            throw new CommandException(
                ExitCode.Usage,
                $"--dtb is for Linux on arm64, and {handoff.Kernel} is {image.FormatText} for {Words.Of(image.Architecture)}");
        }
    }

    private static RehearsalReport Rehearse(
        RehearsalRequest request, RehearsalFiles files, bool isFreeBsd, string running, IReadOnlyList<RehearsalSign> signs)
    {
        using Stream? echo = request.IsQuiet ? null : Console.OpenStandardError();
        Rehearsal rehearsal = new()
        {
            Machine = new VirtualMachine
            {
                Name = $"baton-rehearse-{Environment.ProcessId}",
                Kernel = running,
                Initramfs = files.Initramfs,
                // A busy host may give it too few ticks for its check of the timer, after which it would panic.
                CommandLine = "console=ttyS0 quiet panic=-1 no_timer_check",
                MemoryMiB = request.MemoryMiB ?? MemoryFor(files.Length),
                ProcessorModel = request.Processor,
                Firmware = request.Firmware,
                ConsoleEcho = echo,
            },
            Signs = signs,
            IsFailure = line => (isFreeBsd && FreeBsdRehearsal.IsFailure(line))
                || (line.StartsWith(InitProcess.Mark, StringComparison.Ordinal)
                    && line.Contains(" failed with exit status ", StringComparison.Ordinal)),
            Limit = request.Limit,
        };
        try
        {
            return rehearsal.Run();
        }
        catch (LabException e)
        {
            throw new CommandException(ExitCode.Unavailable, e.Message, e);
        }
    }

    private static IEnumerable<RehearsalSign> LoadSigns =>
    [
        RehearsalSign.Containing("handoff planned", InitProcess.Mark + "load"),
        RehearsalSign.Containing("next kernel loaded", InitProcess.Mark + "exec"),
    ];

    private static IEnumerable<RehearsalSign> GatherSigns =>
    [
        RehearsalSign.Containing("handoff planned", InitProcess.Mark + "run"),
        RehearsalSign.Containing("list of its pages loaded", GatherRun.Loaded),
    ];

    private static IEnumerable<RehearsalSign> LinuxSigns(bool hasWitness, string? expected) =>
    [
        RehearsalSign.Containing("jumped, first line of its console", "Linux version"),
        expected is { } text
            ? RehearsalSign.Containing($"\"{text}\" on its console", text)
            : hasWitness
                ? RehearsalSign.Containing("its userspace reached", WitnessCommand.Reached)
                : new RehearsalSign("its userspace reached", "\"Run … as init process\"", IsStartOfInit),
    ];

    private static bool IsStartOfInit(string line) =>
        line.Contains("Run /", StringComparison.Ordinal) && line.Contains(" as init process", StringComparison.Ordinal);

    private static string OwnKernel()
    {
        string release = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        string path = $"/boot/vmlinuz-{release}";
        return File.Exists(path)
            ? path
            : throw new CommandException(
                ExitCode.NoInput, $"{path}: the running kernel is not there; name the kernel that hands over by --running");
    }

    /// <summary>MiB for files of some length: in QEMU's archive, unpacked, in the plan's segments, unpacked again.</summary>
    private static int MemoryFor(long length) => (int)Math.Max(1024, 512 + (5 * length >> 20));
}
