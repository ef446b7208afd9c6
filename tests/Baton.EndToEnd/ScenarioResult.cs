using Baton.Lab;

namespace Baton.EndToEnd;

/// <summary>What came of a scenario.</summary>
/// <param name="Console">All that the kernels and their userspace printed.</param>
/// <param name="Frames">What the scripts sent.</param>
public sealed record ScenarioResult(IReadOnlyList<ConsoleLine> Console, Frames Frames)
{
    /// <summary>The report of a witness, by the name that the script gave it.</summary>
    public Witness Witness(string name)
    {
        Assert.True(
            Frames.Names.Contains(name),
            $"\"{name}\" did not report; the console's last lines:\n  | "
            + string.Join("\n  | ", Console.TakeLast(40)));
        return new Witness(Frames.Bytes(name));
    }
}
