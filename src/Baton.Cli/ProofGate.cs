using Baton.Proofs;
using Baton.Reports;

namespace Baton.Cli;

/// <summary>What stands between a proof and the system call, or the file.</summary>
internal static class ProofGate
{
    /// <summary>Says how the proof has ended, and lets only one through that holds.</summary>
    /// <param name="proof">The proof.</param>
    /// <param name="environment">Where it is shown.</param>
    /// <param name="done">What it stands before: <c>loaded</c>, <c>packed</c>.</param>
    /// <exception cref="CommandException">A clause fails.</exception>
    public static void Require(ProofReport proof, CommandEnvironment environment, string done = "loaded")
    {
        environment.Output.WriteLine(ProofText.Summary(proof));
        if (proof.Holds)
        {
            return;
        }

        environment.Print(ProofText.Build("The handoff is not what the next kernel demands:", proof, onlyFailed: true));
        throw new CommandException(
            ExitCode.Unavailable,
            $"nothing was {done}: the proof of the handoff fails. That is a defect of this program or of the machine's "
            + $"description; \"baton prove\" shows all of it, {ProofOption.None} goes on all the same");
    }
}
