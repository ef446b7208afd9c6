using System.CommandLine;
using System.Globalization;
using Baton.Cli.Init;
using Baton.Handoffs;
using Baton.Lab;
using Baton.Machines;
using Baton.Protocols.Linux;
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
        Option<bool> json = new("--json") { Description = "print JSON" };
        Command command = new("rehearse", "Try a handoff in a virtual machine: from this kernel to the next")
        {
            json,
        };
        handoff.AddTo(command);
        options.AddTo(command);
        proof.AddTo(command);
        command.SetAction(parsed => Run(
            handoff.Read(parsed), options.Read(parsed), proof.IsWanted(parsed), parsed.GetValue(json), environment));
        return command;
    }

    private static int Run(
        HandoffRequest handoff, RehearsalRequest request, bool isProved, bool asJson, CommandEnvironment environment)
    {
        if (handoff.Carrier == Carrier.Gather || handoff.Ramdisk is not null)
        {
            throw new CommandException(
                ExitCode.Unavailable, "--carrier gather and --ramdisk cannot be rehearsed yet; prove shows what they would do");
        }

        string running = request.Running ?? OwnKernel();
        bool isFreeBsd = FreeBsdRehearsal.IsFor(handoff);
        if (isFreeBsd && handoff.Initrds.Count > 0)
        {
            throw new CommandException(ExitCode.Usage, Planned.FreeBsdPlan.NoInitrd);
        }

        string? commandLine = isFreeBsd ? null : CommandLineFor(handoff.CommandLine, environment);
        using RehearsalFiles files = RehearsalFiles.Open(handoff, commandLine, isProved, environment.Tell);
        using FileStream kernel = File.OpenRead(running);
        RehearsalReport report = Rehearse(handoff, request, files, isFreeBsd, running);
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

    private static RehearsalReport Rehearse(
        HandoffRequest handoff, RehearsalRequest request, RehearsalFiles files, bool isFreeBsd, string running)
    {
        using Stream? echo = request.IsQuiet ? null : Console.OpenStandardError();
        Rehearsal rehearsal = new()
        {
            Machine = new VirtualMachine
            {
                Name = $"baton-rehearse-{Environment.ProcessId}",
                Kernel = running,
                Initramfs = files.Initramfs,
                CommandLine = "console=ttyS0 quiet panic=-1",
                MemoryMiB = request.MemoryMiB ?? MemoryFor(files.Length),
                ProcessorModel = request.Processor,
                Firmware = request.Firmware,
                ConsoleEcho = echo,
            },
            Signs =
            [
                RehearsalSign.Containing("running kernel booted", InitProcess.Mark + "plan"),
                RehearsalSign.Containing("handoff planned", InitProcess.Mark + "load"),
                RehearsalSign.Containing("next kernel loaded", InitProcess.Mark + "exec"),
                .. isFreeBsd ? FreeBsdRehearsal.Signs(request.Expect) : LinuxSigns(handoff, request.Expect),
            ],
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

    private static IEnumerable<RehearsalSign> LinuxSigns(HandoffRequest handoff, string? expected) =>
    [
        RehearsalSign.Containing("jumped, first line of its console", "Linux version"),
        expected is { } text
            ? RehearsalSign.Containing($"\"{text}\" on its console", text)
            : handoff.Initrds.Count == 0
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

    /// <summary>The next kernel's command line, with what makes it speak where the rehearsal listens.</summary>
    private static string CommandLineFor(CommandLineRequest request, CommandEnvironment environment)
    {
        string own = File.ReadAllText("/proc/cmdline").Trim();
        string line = CommandLine.Compose(request, own, []);
        string[] words = [.. CommandLine.Words(line)];
        List<string> added = [];
        if (!words.Contains("console=ttyS0"))
        {
            added.Add("console=ttyS0");
        }

        // Before the early console, which shows what the kernel has said so far as soon as it is named.
        if (words.Any(word => word == "quiet" || word.StartsWith("loglevel=", StringComparison.Ordinal)))
        {
            added.Add("ignore_loglevel");
        }

        if (!words.Any(word => word.StartsWith("early", StringComparison.Ordinal)))
        {
            added.Add("earlyprintk=ttyS0");
        }

        if (added.Count > 0)
        {
            environment.Tell(
            [
                new Finding(
                    Severity.Note,
                    "rehearsal-console",
                    $"for the rehearsal \"{string.Join(' ', added)}\" is added to the next kernel's command line"),
            ]);
        }

        return string.Join(' ', (string[])[.. line.Length > 0 ? [line] : (string[])[], .. added]);
    }

    /// <summary>MiB for files of some length: in QEMU's archive, unpacked, in the plan's segments, unpacked again.</summary>
    private static int MemoryFor(long length) => (int)Math.Max(1024, 512 + (5 * length >> 20));
}
