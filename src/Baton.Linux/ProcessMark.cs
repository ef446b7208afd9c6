using System.Globalization;

namespace Baton.Linux;

/// <summary>Which process left something behind: "PID START BOOT", which is never another one's.</summary>
/// <param name="Text">The words.</param>
internal sealed record ProcessMark(string Text)
{
    /// <summary>Where state, flags and start are in /proc/PID/stat, counted behind the name (fields 3, 9 and 22).</summary>
    private const int StateField = 0;
    private const int FlagsField = 6;
    private const int StartField = 19;

    /// <summary>PF_EXITING: the process has begun to end, and its memory is being freed before its locks are.</summary>
    private const uint Exiting = 0x4;

    /// <summary>Whether it was left since this kernel has started; older ones do not name a boot.</summary>
    public bool IsOfThisBoot =>
        Text.Split(' ') is not [_, _, var boot, ..] || Boot() is not { Length: > 0 } now || now == boot;

    /// <summary>Whether the process is there, running or not.</summary>
    public bool IsThere => OwnStat() is not null;

    /// <summary>Whether the process runs, and does not just end.</summary>
    public bool IsAlive => OwnStat() is { } stat && !IsEnding(stat);

    /// <summary>Whether it was left since this kernel has started, by a process that runs no more.</summary>
    public bool IsLeftBehind => IsOfThisBoot && !IsAlive;

    /// <summary>Its number; 0 when the words name none.</summary>
    public int Id => int.TryParse(Text.Split(' ')[0], CultureInfo.InvariantCulture, out int id) ? id : 0;

    /// <summary>The mark of the process that runs this.</summary>
    public static ProcessMark OfThisProcess()
    {
        int id = Environment.ProcessId;
        string start = Stat(id) is { } stat ? stat[StartField] : "0";
        return new ProcessMark(string.Create(CultureInfo.InvariantCulture, $"{id} {start} {Boot()}").TrimEnd());
    }

    private static bool IsEnding(string[] stat) =>
        stat[StateField] is "Z" or "X"
        || (uint.TryParse(stat[FlagsField], CultureInfo.InvariantCulture, out uint flags) && (flags & Exiting) != 0);

    /// <summary>Number and start of a process together are never another one's, as long as the machine runs.</summary>
    private string[]? OwnStat() =>
        IsOfThisBoot && Stat(Id) is { } stat && Text.Split(' ') is [_, var start, ..] && stat[StartField] == start
            ? stat
            : null;

    /// <summary>The fields of /proc/PID/stat behind the name; null when there is no such process.</summary>
    private static string[]? Stat(int id)
    {
        try
        {
            // The name is in brackets and may have blanks in it (proc_pid_stat(5)).
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
            string[] fields = stat[(stat.LastIndexOf(')') + 1)..].TrimStart().Split(' ');
            return fields.Length > StartField ? fields : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Is another one after each start of a kernel (random(4)); empty where it cannot be read.</summary>
    private static string Boot()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
