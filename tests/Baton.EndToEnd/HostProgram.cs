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

    /// <summary>Compiles a program of tests/Baton.EndToEnd/guest that needs no library in the guest.</summary>
    public static byte[] Compile(string source)
    {
        string file = Path.GetTempFileName();
        try
        {
            Run("gcc", "-static", "-O2", "-Wall", "-Wextra", "-Werror", "-o", file, Repository.GuestScript(source));
            return File.ReadAllBytes(file);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
