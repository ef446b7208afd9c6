using System.ComponentModel;
using System.Diagnostics;

namespace Baton.Linux.Power;

/// <summary>The program by which systemd is told what to do.</summary>
public static class Systemctl
{
    /// <summary>Runs it and waits for it; what it says goes where this process's words go.</summary>
    /// <returns>Its exit status.</returns>
    /// <exception cref="IOException">It could not be started.</exception>
    public static int Run(params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("systemctl", arguments))!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (Win32Exception e)
        {
            throw new IOException($"systemctl could not be started ({e.Message})", e);
        }
    }
}
