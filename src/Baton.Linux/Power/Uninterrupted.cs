using System.Buffers.Binary;

namespace Baton.Linux.Power;

/// <summary>
/// As long as this lives, the signals of terminals, connections, timers and shutdowns do not end or stop this process, nor
/// the programs that it starts: the connection over which it was started may be among what it ends, and a terminal's signals go
/// to all of them.
/// </summary>
/// <remarks>
/// They are ignored by the kernel. What the runtime would have done with them it does again afterwards; programs that are
/// started inherit that a signal is ignored, and not that it is caught.
/// </remarks>
public sealed class Uninterrupted : IDisposable
{
    /// <summary>
    /// SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU and SIGXCPU (signal(7)).
    /// </summary>
    private static readonly int[] Signals = [1, 2, 3, 10, 12, 14, 15, 20, 21, 22, 24];

    /// <summary>SIGTSTP, SIGTTIN and SIGTTOU.</summary>
    private static readonly int[] OfTerminals = [20, 21, 22];

    private readonly List<(int Signal, byte[] Action)> _before = [];

    public Uninterrupted()
        : this(Signals)
    {
    }

    private Uninterrupted(int[] signals)
    {
        // The handler is the first field, on all architectures; SIG_IGN is 1, and the others are zero.
        byte[] ignore = new byte[LibC.SignalActionSize];
        BinaryPrimitives.WriteInt64LittleEndian(ignore, LibC.IgnoreSignal);
        foreach (int signal in signals)
        {
            byte[] before = new byte[LibC.SignalActionSize];
            if (LibC.SignalAction(signal, ignore, before) == 0)
            {
                _before.Add((signal, before));
            }
        }
    }

    /// <summary>
    /// Only what terminals stop a process with comes to nothing; to be ignored is more than to be caught, after which a write
    /// from the background would be tried again without an end.
    /// </summary>
    public static Uninterrupted ByTerminals() => new(OfTerminals);

    public void Dispose()
    {
        foreach ((int signal, byte[] action) in _before)
        {
            _ = LibC.SignalAction(signal, action, null);
        }

        _before.Clear();
    }
}
