using System.Globalization;

namespace Baton.Linux.Power;

/// <summary>
/// What an init does before a machine stops, for systems without systemd: tell the processes to end, wait, end those
/// that did not, write out, and mount read-only what can be.
/// </summary>
/// <param name="progress">Where it is told.</param>
/// <param name="name">The program's name, in front of each line.</param>
public sealed class OrderlyShutdown(TextWriter progress, string name)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    /// <summary>Does all of it.</summary>
    public void Run()
    {
        EndProcesses();
        QuietFileSystems();
    }

    /// <summary>Ends every process but this one, its ancestors (a shell, a connection) and the kernel's threads.</summary>
    private void EndProcesses()
    {
        List<int> ended = Signal(LibC.SigTerm, "SIGTERM");
        DateTime deadline = DateTime.UtcNow + Patience;
        while (ended.Exists(IsAlive) && DateTime.UtcNow < deadline)
        {
            Thread.Sleep(Step);
        }

        if (ended.Exists(IsAlive))
        {
            _ = Signal(LibC.SigKill, "SIGKILL");
        }
    }

    /// <summary>Writes out and remounts every disk file system read-only. What is busy stays as it is, and is named.</summary>
    private void QuietFileSystems()
    {
        LibC.Sync();
        foreach (string[] mount in Mounts().Reverse())
        {
            if (LibC.Mount(null, mount[1], null, (nuint)(LibC.MsRemount | LibC.MsRdOnly), null) != 0)
            {
                progress.WriteLine($"{name}: {mount[1]} ({mount[2]}) stays writable");
            }
        }

        LibC.Sync();
    }

    /// <summary>The mounts that lie on a device and are writable, in mount order: device, mount point, type, options.</summary>
    private static IEnumerable<string[]> Mounts() => File.ReadLines("/proc/self/mounts")
        .Select(line => line.Split(' '))
        .Where(fields => fields.Length >= 4 && fields[0].StartsWith('/')
            && fields[3].Split(',').Contains("rw"))
        .Select(fields => (string[])[fields[0], Unescape(fields[1]), fields[2], fields[3]]);

    /// <summary>/proc/self/mounts writes blanks in names as octal escapes (proc(5)).</summary>
    private static string Unescape(string name) => name
        .Replace("\\040", " ", StringComparison.Ordinal)
        .Replace("\\011", "\t", StringComparison.Ordinal)
        .Replace("\\012", "\n", StringComparison.Ordinal)
        .Replace("\\134", "\\", StringComparison.Ordinal);

    private List<int> Signal(int signal, string what)
    {
        HashSet<int> spared = Ancestors();
        List<int> signalled = [];
        foreach (int pid in Processes())
        {
            if (spared.Contains(pid) || IsKernelThread(pid))
            {
                continue;
            }

            if (LibC.Kill(pid, signal) == 0)
            {
                signalled.Add(pid);
            }
        }

        progress.WriteLine($"{name}: {what} to {signalled.Count} processes");
        return signalled;
    }

    private static int[] Processes() => Directory.EnumerateDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out int pid) ? pid : 0)
        .Where(pid => pid > 0)
        .Order()
        .ToArray();

    /// <summary>This process, init, and everything between them: the shell or the connection that waits for us.</summary>
    private static HashSet<int> Ancestors()
    {
        HashSet<int> ancestors = [1];
        for (int pid = Environment.ProcessId; pid > 1 && ancestors.Add(pid);)
        {
            pid = Stat(pid) is { Length: > 1 } fields && int.TryParse(fields[1], out int parent) ? parent : 0;
        }

        return ancestors;
    }

    private static bool IsAlive(int pid) => Stat(pid) is { Length: > 0 } fields && fields[0] != "Z";

    /// <summary>Kernel threads have no memory of their own, so their command line is empty, and kthreadd as parent.</summary>
    private static bool IsKernelThread(int pid) => pid == 2 || (Stat(pid) is { Length: > 1 } fields && fields[1] == "2");

    /// <summary>The fields of /proc/PID/stat behind the name: state, parent, …; null when the process is gone.</summary>
    private static string[]? Stat(int pid)
    {
        try
        {
            string text = File.ReadAllText($"/proc/{pid}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
