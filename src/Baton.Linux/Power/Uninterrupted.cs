using System.Runtime.InteropServices;

namespace Baton.Linux.Power;

/// <summary>
/// As long as this lives, the signals of terminals, connections and shutdowns do not end or stop this process: the connection
/// over which it was started may be among what it ends.
/// </summary>
public sealed class Uninterrupted : IDisposable
{
    /// <summary>SIGTSTP (signal(7)); its name is not known on every platform that the base library is for.</summary>
    private const PosixSignal Stop = (PosixSignal)20;

    private readonly List<PosixSignalRegistration> _registrations = [];

    public Uninterrupted()
    {
        foreach (PosixSignal signal in (PosixSignal[])
            [PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM, Stop])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context => context.Cancel = true));
        }
    }

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());
}
