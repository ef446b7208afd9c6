using System.ComponentModel;
using System.Diagnostics;

namespace Baton.Tests.Formats;

/// <summary>A program of the distribution as a judge of ours.</summary>
internal static class ForeignTool
{
    /// <summary>Runs a program, with bytes on its input, and returns its output.</summary>
    public static byte[] Run(string name, IReadOnlyList<string> arguments, byte[]? input = null, string? folder = null)
    {
        ProcessStartInfo start = new(name, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
            Environment = { ["LC_ALL"] = "C" },
        };
        using Process process = Start(start);
        using MemoryStream output = new();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task feeding = Task.Run(() =>
        {
            process.StandardInput.BaseStream.Write(input ?? []);
            process.StandardInput.Close();
        });
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        Task.WaitAll(errors, feeding);
        Assert.True(process.ExitCode == 0, $"{name} {string.Join(' ', arguments)}: {errors.Result}");
        return output.ToArray();
    }

    /// <summary>A folder of its own for a test; deleted with everything in it when disposed.</summary>
    public static TemporaryFolder Folder() => new();

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{start.FileName} is not installed");
            throw;
        }
    }

    internal sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("baton-test-").FullName;

        public string File(string name) => System.IO.Path.Combine(Path, name);

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
