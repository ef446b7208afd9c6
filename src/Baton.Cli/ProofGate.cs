using Baton.Proofs;
using Baton.Reports;

namespace Baton.Cli;

/// <summary>What stands between a proof and the system call.</summary>
internal static class ProofGate
{
    /// <summary>Says how the proof has ended, and lets only one through that holds.</summary>
    /// <exception cref="CommandException">A clause fails.</exception>
    public static void Require(ProofReport proof, CommandEnvironment environment)
    {
        environment.Output.WriteLine(ProofText.Summary(proof));
        if (proof.Holds)
        {
            return;
        }

        environment.Print(ProofText.Build("The handoff is not what the next kernel demands:", proof, onlyFailed: true));
        throw new CommandException(
            ExitCode.Unavailable,
            "nothing was loaded: the proof of the handoff fails. That is a defect of this program or of the machine's "
            + $"description; \"baton prove\" shows all of it, {ProofOption.None} loads all the same");
    }
}
