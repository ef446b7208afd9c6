using System.Diagnostics;
using System.Globalization;

namespace Baton.Lab;

/// <summary>
/// Starts a virtual machine so that nothing is left of it, however this process ends: a small shell waits beside it on
/// a pipe from this process. The pipe's end, which even SIGKILL brings about, is the end of the machine.
/// </summary>
internal static class Supervisor
{
    // $1: directory to remove at the end, $2: longest life in seconds, the rest: the machine's command.
    // Descriptor 3 is the pipe. The watcher is no child of the machine's process group, and Ctrl-C does not reach it.
    private const string Script = """
        directory=$1 limit=$2
        shift 2
        exec 3<&0 </dev/null
        timeout -k 2 "$limit" "$@" 3<&- &
        machine=$!
        { read -r nothing <&3; kill -TERM "$machine"; } >/dev/null 2>&1 &
        watcher=$!
        trap "" HUP INT TERM
        exec 3<&-
        wait "$machine"
        status=$?
        kill -KILL "$watcher" 2>/dev/null
        rm -rf "$directory"
        exit "$status"
        """;

    /// <summary>The exit status of a machine that outlived its limit: timeout(1).</summary>
    public const int OutlivedStatus = 124;

    /// <summary>Starts a command; its standard output and error are pipes.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="directory">Removed with all that is in it when the machine has ended.</param>
    /// <param name="limit">The longest life of the machine.</param>
    public static Process Start(IReadOnlyList<string> command, string directory, TimeSpan limit)
    {
        ProcessStartInfo start = new("/bin/sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string seconds = limit.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        foreach (string argument in (string[])["-c", Script, "baton-lab", directory, seconds, .. command])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new LabException("/bin/sh did not start");
    }
}
