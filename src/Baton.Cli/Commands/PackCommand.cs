using System.CommandLine;
using System.Globalization;
using Baton.Cli.Planned;
using Baton.Handoffs;
using Baton.Linux.Files;
using Baton.Linux.Kexec;
using Baton.Machines;
using Baton.Memory;
using Baton.Packs;
using Baton.Proofs;
using Baton.Reports;

namespace Baton.Cli.Commands;

/// <summary>
/// <c>baton pack</c>: plans and proves a handoff anywhere, and writes it as one static program that carries it out on the
/// machine it was planned for.
/// </summary>
internal static class PackCommand
{
    public static Command Create(CommandEnvironment environment)
    {
        ProofOption proof = new();
        Option<string> output = new("--output", "-o")
        {
            Description = "the program to write",
            HelpName = "FILE",
            Required = true,
        };
        Command command = HandoffCommand.Create(
            "pack",
            "Prove a handoff and write it as a program that needs nothing else to carry it out",
            [output.RefuseEmpty()],
            (request, machine, parsed) =>
                Run(request, machine, parsed.GetRequiredValue(output), proof.IsWanted(parsed), environment),
            isForLaterBoots: true);
        proof.AddTo(command);
        return command;
    }

    private static int Run(
        HandoffRequest request, Machine machine, string output, bool isProved, CommandEnvironment environment)
    {
        if (request.Carrier is not (null or Carrier.Pack))
        {
            throw new CommandException(
                ExitCode.Usage, $"--carrier {CarrierChoice.NameOf(request.Carrier.Value)}: a packed program has its own");
        }

        IReadOnlyList<string> named =
            [request.Kernel, .. request.Initrds, request.Ramdisk ?? "", request.DeviceTree ?? "", machine.Source];
        _ = OutputFile.At(output, named);

        // A seed that is the same at each run would be none: the next kernel would count it as random.
        using PreparedHandoff prepared = PreparedHandoff.Prepare(
            request with { Carrier = Carrier.Pack }, machine, ReadOnlyMemory<byte>.Empty);
        environment.Tell(prepared.Findings.Where(finding => finding.Severity != Severity.Note));
        if (prepared.Findings.Exists(finding => finding.Severity == Severity.Error))
        {
            throw new CommandException(ExitCode.Unavailable, "nothing was packed, because of the errors above");
        }

        if (machine is { Architecture: Architecture.Arm64, Firmware: FirmwareKind.Uefi }
            && prepared.Handoff.BootValues.Count == 0)
        {
            throw new CommandException(
                ExitCode.Unavailable,
                $"nothing was packed: on arm64 with UEFI a plan for {prepared.Handoff.Protocol} holds for the boot that was "
                + "recorded and for no other, since each boot's loader puts the firmware's memory map elsewhere");
        }

        List<IPlannedProtocol> places = Places(prepared.Planned);
        ProofGate.Pass([.. places.Select(place => (Func<ProofReport>)place.Prove)], isProved, environment, "packed");

        HandoffPack pack = HandoffPack.Build(
            prepared.Handoff, MachineFingerprint.Of(machine), [.. places.Skip(1).Select(place => place.Handoff)]);
        IEnumerable<string> read = pack.File.Parts.Select(part => part.Source).OfType<FileSource>().Select(file => file.Name);
        OutputFile.At(output, [.. named, .. read]).Write(
            stream => ExecutableFile.Write(pack.File, stream), mode: ExecutableFile.Mode);
        environment.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"packed {request.Kernel} ({prepared.Image.Version}) into {output}: program {pack.ProgramSize:N0} bytes, "
            + $"payload {pack.PayloadSize:N0} bytes in {prepared.Handoff.Segments.Count} segments{PlacesText(pack.Places)}"));
        environment.Output.WriteLine($"for the machine {machine.Source}: {pack.Machine}");
        return ExitCode.Ok;
    }

    /// <summary>
    /// What depends on the boot is planned at several places: the boot that the program finds itself in has other memory in
    /// use than the one that was recorded.
    /// </summary>
    private static List<IPlannedProtocol> Places(IPlannedProtocol planned)
    {
        List<IPlannedProtocol> places = [planned];
        List<PhysicalRange> taken = [];
        while (DependsOnBoot(planned.Handoff) && places.Count < HandoffPack.MaxPlaces)
        {
            Handoff last = places[^1].Handoff;
            taken.AddRange(last.Segments.Select(segment => segment.Destination));
            taken.AddRange(last.Reservations.Select(reservation => reservation.Range));
            if (planned.Beside(taken) is not { } next)
            {
                break;
            }

            places.Add(next);
        }

        return places;
    }

    private static bool DependsOnBoot(Handoff handoff) => handoff.BootValues.Count > 0 || handoff.HasInterruptTables;

    private static string PlacesText(int count) => count > 1 ? $", at one of {count} places" : "";
}
