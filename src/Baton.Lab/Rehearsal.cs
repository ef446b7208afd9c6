using System.Diagnostics;

namespace Baton.Lab;

/// <summary>A handover in a virtual machine, followed by the signs that it leaves on the console.</summary>
public sealed record Rehearsal
{
    /// <summary>What a kernel prints when it gives up.</summary>
    private const string Panic = "Kernel panic";

    /// <summary>The machine, with the running kernel and an initramfs that hands over to the next.</summary>
    public required VirtualMachine Machine { get; init; }

    /// <summary>The signs of success, in the order in which they must come.</summary>
    public required IReadOnlyList<RehearsalSign> Signs { get; init; }

    /// <summary>A line that says that the handover has failed.</summary>
    public required Func<string, bool> IsFailure { get; init; }

    /// <summary>The longest that all of it may take.</summary>
    public required TimeSpan Limit { get; init; }

    /// <summary>Starts the machine, and follows it until the last sign or the first failure.</summary>
    /// <exception cref="LabException">QEMU or its firmware is not installed, or does not start.</exception>
    public RehearsalReport Run()
    {
        using RunningMachine machine = Machine.Start(Limit + TimeSpan.FromSeconds(10));
        List<RehearsalStep> steps = [];
        foreach (RehearsalSign sign in Signs)
        {
            try
            {
                ConsoleLine line = machine.Console.WaitFor(
                    text => sign.IsIt(text) || HasFailed(text), sign.Awaited, Left(machine.Clock));
                if (!sign.IsIt(line.Text))
                {
                    return new RehearsalReport(steps, line.Text);
                }

                steps.Add(new RehearsalStep(sign.Step, line.At, line.Text));
            }
            catch (LabTimeoutException e)
            {
                return new RehearsalReport(steps, e.Message);
            }
            catch (LabException e)
            {
                // Where QEMU itself failed, its words tell more than that the console fell silent.
                machine.WaitForEnd(TimeSpan.FromSeconds(10));
                return new RehearsalReport(steps, e.Message);
            }
        }

        return new RehearsalReport(steps, null);
    }

    private bool HasFailed(string line) => line.Contains(Panic, StringComparison.Ordinal) || IsFailure(line);

    private TimeSpan Left(Stopwatch clock) => Limit > clock.Elapsed ? Limit - clock.Elapsed : TimeSpan.Zero;
}
