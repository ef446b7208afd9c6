using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Baton.Tests.Proofs.Arm64;

/// <summary>LLVM's assembler: a foreign hand that writes A64 instructions.</summary>
internal static partial class LlvmMc
{
    /// <summary>The word of each line.</summary>
    public static uint[] Words(IReadOnlyCollection<string> lines)
    {
        (int exitCode, string output, string errors) = Run(lines);
        Assert.True(exitCode == 0, errors);
        uint[] words = [.. Encoding().Matches(output).Select(match => Word(match.Groups[1].Value))];
        Assert.Equal(lines.Count, words.Length);
        return words;
    }

    /// <summary>The indexes of the lines that it takes for errors.</summary>
    public static HashSet<int> Refused(IReadOnlyCollection<string> lines) =>
        [.. ErrorLine().Matches(Run(lines).Errors).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture) - 1)];

    /// <summary>Each word's text, with one space behind the mnemonic; null for a word that is no instruction.</summary>
    public static string?[] Texts(IReadOnlyCollection<uint> words)
    {
        (int exitCode, string output, string errors) = Run(
            [.. words.Select(word => string.Join(',', BitConverter.GetBytes(word).Select(value => $"0x{value:x2}")))],
            "-disassemble");
        Assert.True(exitCode == 0, errors);
        HashSet<int> invalid =
            [.. InvalidLine().Matches(errors).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture) - 1)];
        Queue<string> lines = new(output.Split('\n')
            .Where(line => line.StartsWith('\t') && !line.StartsWith("\t.", StringComparison.Ordinal))
            .Select(line => line.Split("//")[0].Trim().Replace('\t', ' ')));
        Assert.Equal(words.Count, lines.Count + invalid.Count);
        return [.. Enumerable.Range(0, words.Count).Select(i => invalid.Contains(i) ? null : lines.Dequeue())];
    }

    private static (int ExitCode, string Output, string Errors) Run(
        IReadOnlyCollection<string> lines, string action = "-show-encoding")
    {
        using Process process = Process.Start(new ProcessStartInfo("llvm-mc")
        {
            ArgumentList = { "-triple=aarch64", "-mattr=+v8.5a,+spe", action },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException("llvm-mc did not start");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.Write(string.Join('\n', lines) + "\n");
        process.StandardInput.Close();
        process.WaitForExit();
        return (process.ExitCode, output.Result, errors.Result);
    }

    private static uint Word(string bytes) => bytes.Split(',').Reverse().Aggregate(
        0U, (word, part) => (word << 8) | uint.Parse(part.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"encoding: \[(0x[0-9a-f]+(?:,0x[0-9a-f]+){3})\]")]
    private static partial Regex Encoding();

    [GeneratedRegex(@"^<stdin>:(\d+):\d+: error:", RegexOptions.Multiline)]
    private static partial Regex ErrorLine();

    [GeneratedRegex(@"^<stdin>:(\d+):\d+: warning: invalid instruction encoding", RegexOptions.Multiline)]
    private static partial Regex InvalidLine();
}
