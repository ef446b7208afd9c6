using System.CommandLine;
using Baton.Linux;
using Baton.Machines;
using Baton.Proofs;
using Baton.Reports;

namespace Baton.Cli.Commands;

/// <summary>
/// <c>baton prove</c>: runs the crossing of a handoff on a simulated processor and judges what the next kernel would
/// find, clause by clause. Needs no root and no kexec when a machine is given.
/// </summary>
internal static class ProveCommand
{
    public static Command Create(CommandEnvironment environment)
    {
        Option<bool> json = new("--json") { Description = "print the proof as JSON" };
        return HandoffCommand.Create(
            "prove",
            "Prove a handoff on a simulated processor; changes nothing",
            [json],
            (request, machine, parsed) => Run(request, machine, parsed.GetValue(json), environment));
    }

    private static int Run(HandoffRequest request, Machine machine, bool asJson, CommandEnvironment environment)
    {
        using PreparedHandoff prepared = PreparedHandoff.Prepare(request, machine, new byte[RngSeed.Length]);
        ProofReport proof = prepared.Prove();
        if (asJson)
        {
            environment.PrintJson(json =>
            {
                json.WriteString("kernel", request.Kernel);
                json.WriteString("version", prepared.Image.Version);
                ProofJson.Write(json, proof);
            });
        }
        else
        {
            environment.Print(ProofText.Build(
                $"{machine.Kernel.Release} hands over to {request.Kernel} ({prepared.Image.Version})", proof, onlyFailed: false));
        }

        return proof.Holds ? ExitCode.Ok : ExitCode.No;
    }
}
