using System.Diagnostics;

namespace Baton.Differential;

/// <summary>Assembles and links what runs in the judge.</summary>
internal static class JudgeProgram
{
    /// <summary>Makes the program.</summary>
    /// <exception cref="InvalidOperationException">The assembler or the linker refused; the text says what.</exception>
    public static void Build(string output)
    {
        string sources = Path.Join(AppContext.BaseDirectory, "guest");
        using Process gcc = Process.Start(new ProcessStartInfo("gcc",
        [
            "-m32", "-nostdlib", "-static", "-no-pie", "-Wl,-T," + Path.Join(sources, "judge.ld"), "-Wl,--build-id=none",
            "-Wl,--no-warn-rwx-segments", "-o", output, Path.Join(sources, "judge.S"),
        ])
        {
            RedirectStandardError = true,
        })!;
        string errors = gcc.StandardError.ReadToEnd();
        gcc.WaitForExit();
        if (gcc.ExitCode != 0)
        {
            throw new InvalidOperationException($"gcc: status {gcc.ExitCode}: {errors}");
        }
    }
}
