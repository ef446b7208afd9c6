using Baton.Proofs;
using Baton.Reports;

namespace Baton.Cli;

/// <summary>What stands between a proof and the system call, or the file.</summary>
internal static class ProofGate
{
    /// <summary>Says how each proof has ended, and lets only those through that hold; or says that there is none.</summary>
    /// <param name="proofs">Run the proofs, one after the other.</param>
    /// <param name="isWanted">Whether they are run.</param>
    /// <param name="environment">Where they are shown.</param>
    /// <param name="done">What they stand before: <c>loaded</c>, <c>packed</c>.</param>
    /// <exception cref="CommandException">A clause fails.</exception>
    public static void Pass(
        IReadOnlyList<Func<ProofReport>> proofs, bool isWanted, CommandEnvironment environment, string done = "loaded")
    {
        if (!isWanted)
        {
            environment.Output.WriteLine($"Proof: skipped ({ProofOption.None})");
            return;
        }

        foreach (Func<ProofReport> prove in proofs)
        {
            Require(prove(), environment, done);
        }
    }

    private static void Require(ProofReport proof, CommandEnvironment environment, string done)
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
