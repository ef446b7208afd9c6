using System.Globalization;

namespace Baton.Linux.Gathers;

/// <summary>
/// The note about settings that a process changes: a line that names the process ("PID START BOOT"), and one for each setting
/// with its value before ("FILE VALUE").
/// </summary>
/// <param name="Owner">The first line.</param>
/// <param name="Values">The other lines.</param>
internal sealed record SettingsNote(string Owner, Dictionary<string, long> Values)
{
    /// <summary>Whoever may read a file may lock it (flock(2)), and would keep root from its turn.</summary>
    public const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Where state, flags and start are in /proc/PID/stat, counted behind the name (fields 3, 9 and 22).</summary>
    private const int StateField = 0;
    private const int FlagsField = 6;
    private const int StartField = 19;

    /// <summary>PF_EXITING: the process has begun to end, and its memory is being freed before its locks are.</summary>
    private const uint Exiting = 0x4;

    /// <summary>Whether it tells of this kernel's settings; older notes do not name a boot.</summary>
    public bool IsOfThisBoot =>
        Owner.Split(' ') is not [_, _, var boot, ..] || Boot() is not { Length: > 0 } now || now == boot;

    /// <summary>Whether its process is there, running or not.</summary>
    public bool IsOwnerThere => OwnerStat() is not null;

    /// <summary>Whether its process runs, and does not just end.</summary>
    public bool IsOwnerAlive => OwnerStat() is { } stat && !IsEnding(stat);

    /// <summary>The number of its process; 0 when it names none.</summary>
    public int OwnerId => int.TryParse(Owner.Split(' ')[0], CultureInfo.InvariantCulture, out int id) ? id : 0;

    /// <summary>A note of the process that runs this.</summary>
    public static SettingsNote OfThisProcess(Dictionary<string, long> values)
    {
        int id = Environment.ProcessId;
        string start = Stat(id) is { } stat ? stat[StartField] : "0";
        return new SettingsNote(string.Create(CultureInfo.InvariantCulture, $"{id} {start} {Boot()}").TrimEnd(), values);
    }

    /// <summary>Reads a note; null when there is none that can be read.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="isSetting">Whether a file is a setting; what a note tells of others is passed over.</param>
    public static SettingsNote? Read(string path, Func<string, bool> isSetting)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        Dictionary<string, long> values = [];
        foreach (string line in lines.Skip(1))
        {
            string[] words = line.Split(' ');
            if (words.Length == 2 && isSetting(words[0])
                && long.TryParse(words[1], CultureInfo.InvariantCulture, out long value))
            {
                values[words[0]] = value;
            }
        }

        return new SettingsNote(lines.Length > 0 ? lines[0] : "", values);
    }

    /// <summary>
    /// Writes the note if there is a place for it, whole or not at all; where it has nothing to tell, there is none then.
    /// </summary>
    public void Write(string path)
    {
        if (Values.Count == 0)
        {
            Remove(path);
            return;
        }

        string written = path + ".new";
        try
        {
            // A file that is there would keep its mode.
            File.Delete(written);
            using (StreamWriter text = new(written, OptionsFor(FileMode.CreateNew)))
            {
                text.WriteLine(Owner);
                foreach ((string file, long value) in Values)
                {
                    text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file} {value}"));
                }
            }

            File.Move(written, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Where /run cannot be written, only a kill that cannot be caught leaves the settings as they are then.
            Remove(written);
        }
    }

    /// <summary>Removes a note, if that can be done.</summary>
    public static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It was not to be written there either.
        }
    }

    /// <summary>How a file is opened that one process at a time may have, and other users never.</summary>
    public static FileStreamOptions OptionsFor(FileMode mode)
    {
        FileStreamOptions options = new() { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Mode;
        }

        return options;
    }

    private static bool IsEnding(string[] stat) =>
        stat[StateField] is "Z" or "X"
        || (uint.TryParse(stat[FlagsField], CultureInfo.InvariantCulture, out uint flags) && (flags & Exiting) != 0);

    /// <summary>Number and start of a process together are never another one's, as long as the machine runs.</summary>
    private string[]? OwnerStat() =>
        IsOfThisBoot && Stat(OwnerId) is { } stat && Owner.Split(' ') is [_, var start, ..] && stat[StartField] == start
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
