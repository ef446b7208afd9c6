using System.CommandLine;
using Baton.Handoffs;
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
        List<Finding> findings = [.. prepared.Findings, .. AboutCarrier(prepared.Carrier.Carrier)];
        if (asJson)
        {
            environment.PrintJson(json =>
            {
                json.WriteString("kernel", request.Kernel);
                json.WriteString("version", prepared.Image.Version);
                ProofJson.Write(json, proof);
                HandoffJson.WriteCarrier(json, prepared.Carrier);
                FindingsJson.Write(json, findings);
            });
        }
        else
        {
            string title = $"{machine.Kernel.Release} hands over to {request.Kernel} ({prepared.Image.Version})";
            environment.Print(ProofText.Build(title, proof, onlyFailed: false) with { Findings = findings });
            foreach (string obstacle in prepared.Carrier.Obstacles)
            {
                environment.Output.WriteLine($"cannot be loaded here: {obstacle}");
            }
        }

        return proof.Holds ? ExitCode.Ok : ExitCode.No;
    }

    /// <summary>What of the crossing by a carrier this proof does not see.</summary>
    private static IEnumerable<Finding> AboutCarrier(Carrier carrier)
    {
        (string Id, string Text)? unseen = carrier switch
        {
            Carrier.Gather => (
                "proof-of-supposed-pages",
                "where the pages will lie is not known before they are filled: this proof is of pages scattered over the "
                + "machine's memory; \"baton run\" proves the real ones' list before it jumps"),
            Carrier.KexecFileLoad => (
                "proof-not-of-carrier", "by kexec_file_load the running kernel plans by itself: this proof is of Baton's plan"),
            _ => null,
        };
        return unseen is var (id, text) ? [new Finding(Severity.Warning, id, text)] : [];
    }
}
