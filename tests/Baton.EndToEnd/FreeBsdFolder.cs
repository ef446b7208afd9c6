using System.Text.RegularExpressions;
using Baton.Lab;

namespace Baton.EndToEnd;

/// <summary>
/// A real FreeBSD kernel of whoever runs the tests: a folder with <c>kernel</c>, <c>modules/*.ko</c>, <c>mfsroot.img</c> and
/// <c>device.hints</c>, which an environment variable names.
/// </summary>
internal sealed partial class FreeBsdFolder
{
    /// <summary>What tells the kernel its console and its root.</summary>
    private static readonly string[] Settings =
        ["console=comconsole", "boot_serial=YES", "vfs.root.mountfrom=ufs:/dev/md0"];

    private readonly string _folder;
    private readonly bool _isVerbose;

    private FreeBsdFolder(string folder, bool isVerbose)
    {
        _folder = folder;
        _isVerbose = isVerbose;
    }

    public string Kernel => Path.Join(_folder, "kernel");

    public string Ramdisk => Path.Join(_folder, "mfsroot.img");

    public IReadOnlyList<string> Modules =>
        Directory.Exists(Path.Join(_folder, "modules"))
            ? [.. Directory.GetFiles(Path.Join(_folder, "modules"), "*.ko").Order(StringComparer.Ordinal)]
            : [];

    /// <summary>The text of device.hints; empty when there is none.</summary>
    public string Hints =>
        File.Exists(Path.Join(_folder, "device.hints")) ? File.ReadAllText(Path.Join(_folder, "device.hints")) : "";

    /// <summary>Settings and hints, each as <c>name=value</c>.</summary>
    public IEnumerable<string> Environment =>
        Hint().Matches(Hints).Select(match => $"{match.Groups[1].Value}={match.Groups[2].Value}")
            .Concat(Settings)
            .Concat(_isVerbose ? ["boot_verbose=YES"] : []);

    /// <summary>The folder that a variable names; skips the test, with a line that says so, when it names none.</summary>
    /// <param name="variable">The variable's name.</param>
    /// <param name="isVerbose">Whether the kernel tells more; arm64 kernels up to 12 then stop without an EFI map.</param>
    public static FreeBsdFolder OfVariable(string variable, bool isVerbose)
    {
        string? folder = System.Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrEmpty(folder))
        {
            Assert.Skip($"{variable} names no folder with kernel, modules/*.ko, mfsroot.img and device.hints: "
                + "no real FreeBSD kernel was tried");
        }

        FreeBsdFolder found = new(Path.GetFullPath(folder!), isVerbose);
        Assert.True(File.Exists(found.Kernel) && File.Exists(found.Ramdisk), $"{folder} has no kernel or no mfsroot.img");
        return found;
    }

    /// <summary>
    /// Waits until the kernel has started init and somebody has said something since, or the machine ends; then checks what
    /// the kernel has said of itself, its modules and its root.
    /// </summary>
    public void Check(RunningMachine machine, TimeSpan limit)
    {
        try
        {
            WaitForInit(machine, limit);
        }
        finally
        {
            KeptResults.Save(machine.Console.Bytes, []);
        }

        string[] lines = [.. machine.Console.Lines.Select(line => line.Text)];
        string[] said = lines[Math.Max(0, Array.FindIndex(lines, line => line.Contains("The FreeBSD Project", Contains)))..];
        string end = "; the console's last lines:\n  | " + string.Join("\n  | ", lines.TakeLast(40));
        Assert.True(said.Any(line => Banner().IsMatch(line)), "no banner" + end);
        Assert.True(!_isVerbose || lines.Any(line => Memory().IsMatch(line)), "no memory" + end);
        Assert.True(said.Any(line => Root().IsMatch(line)), "no root on the ramdisk" + end);
        Assert.True(HasStartedInit(string.Join('\n', said) + '\n'), "init was not started" + end);
        foreach (string module in _isVerbose ? Modules.Select(module => Path.GetFileName(module)) : [])
        {
            Assert.True(
                said.Any(line => line.StartsWith("Preloaded elf", Contains) && line.Contains($"/{module}\"", Contains)),
                $"{module} was not preloaded{end}");
        }

        string[] complaints = [.. said.Where(line => Complaint().IsMatch(line))];
        Assert.True(complaints.Length == 0, string.Join('\n', complaints) + end);
    }

    private const StringComparison Contains = StringComparison.Ordinal;

    private void WaitForInit(RunningMachine machine, TimeSpan limit)
    {
        System.Diagnostics.Stopwatch clock = System.Diagnostics.Stopwatch.StartNew();
        while (!machine.HasEnded && clock.Elapsed < limit)
        {
            Thread.Sleep(200);
            string console = System.Text.Encoding.Latin1.GetString(machine.Console.Bytes);
            if (HasStartedInit(console) || console.Contains("mountroot>", Contains) || console.Contains("panic:", Contains))
            {
                return;
            }
        }
    }

    /// <summary>Whether somebody has spoken since init was started, or, of a quiet kernel, since it had its root.</summary>
    private bool HasStartedInit(string console)
    {
        int at = console.LastIndexOf(_isVerbose ? "start_init: trying" : "Trying to mount root from ufs:/dev/md0 ", Contains);
        int end = at < 0 ? -1 : console.IndexOf('\n', at);
        return end >= 0 && console[end..console.LastIndexOf('\n')].Split('\n')
            .Any(line => !string.IsNullOrWhiteSpace(line) && !line.StartsWith("Warning: ", Contains));
    }

    [GeneratedRegex("""^\s*(hint\.[^=\s]+)\s*=\s*"([^"]*)"?""", RegexOptions.Multiline)]
    private static partial Regex Hint();

    [GeneratedRegex(@"^FreeBSD \d+\.\d+")]
    private static partial Regex Banner();

    /// <summary>amd64 tells its sum behind the banner, arm64 its pieces before.</summary>
    [GeneratedRegex(@"^real memory  = |^Physical memory chunk\(s\):")]
    private static partial Regex Memory();

    [GeneratedRegex(@"^Trying to mount root from ufs:/dev/md0 ")]
    private static partial Regex Root();

    [GeneratedRegex(@"panic:|mountroot>|missing dependencies|version mismatch|depends on .* not available|"
        + @"^(KLD|link_elf|linker_|module_register|preload_).*(fail|error|lost|not|undefined)|kldload: |init: not found|"
        + @"init died")]
    private static partial Regex Complaint();
}
