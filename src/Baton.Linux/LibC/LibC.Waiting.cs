using System.Runtime.InteropServices;

namespace Baton.Linux;

internal static unsafe partial class LibC
{
    /// <summary>POLLIN: there is something to read.</summary>
    public const short PollIn = 1;

    /// <summary>SCHED_OTHER: in turn with all that is not real-time.</summary>
    public const int SchedOther = 0;

    /// <summary>SCHED_FIFO: before all that is not real-time, until it sleeps.</summary>
    public const int SchedFifo = 1;

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFile(uint count, int flags);

    [LibraryImport("libc", EntryPoint = "eventfd_write", SetLastError = true)]
    public static partial int EventWrite(int file, ulong count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollEntry* entries, nuint count, int milliseconds);

    /// <summary>Lets others run for so long, without anything of the runtime.</summary>
    public static void Nap(int milliseconds) => _ = Poll(null, 0, milliseconds);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    public static partial int SchedSetScheduler(int process, int policy, in int priority);
}

/// <summary>struct pollfd.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry
{
    public int File;
    public short Events;
    public short Found;
}
