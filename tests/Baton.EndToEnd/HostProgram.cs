using System.Diagnostics;

namespace Baton.EndToEnd;

/// <summary>Programs of this machine that tests ask.</summary>
internal static class HostProgram
{
    /// <summary>Runs a program and returns its standard output; fails the test when the program fails.</summary>
    public static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
        })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: status {process.ExitCode}");
        return output;
    }
}
