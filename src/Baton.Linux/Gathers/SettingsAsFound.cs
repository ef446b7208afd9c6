using System.Globalization;

namespace Baton.Linux.Gathers;

/// <summary>
/// The kernel's settings that a gather changes, as they were before: for a process that ends in the middle, where nobody
/// disposes of anything. For one that is killed there is a note in /run, by which the next command puts them back.
/// </summary>
public sealed class SettingsAsFound : IDisposable
{
    private const string UsualNote = "/run/baton/settings";

    /// <summary>Of the file that is locked (flock(2)) by whoever has changed the settings.</summary>
    private const string TurnSuffix = ".turn";

    private const string Sysctl = "/proc/sys/";
    private const string HugePages = "/sys/kernel/mm/hugepages/";

    /// <summary>All that a gather may change.</summary>
    private static readonly string[] Files =
    [
        KernelSetting.CompactUnevictable, KernelSetting.MinFree, KernelSetting.MoreHugePages, KernelSetting.FewerNotes,
    ];

    private readonly string _note;
    private readonly Dictionary<string, long> _values = [];
    private FileStream? _turn;

    /// <param name="note">Where the note is kept.</param>
    public SettingsAsFound(string note = UsualNote) => _note = note;

    /// <summary>
    /// Reads them and writes them down for the case that this process is killed; those that the kernel does not have are left
    /// out.
    /// </summary>
    /// <returns>
    /// Whether it is this process's turn: two that change the settings at once would each put back what the other has set.
    /// </returns>
    public bool Keep()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_note)!);
            _turn = new FileStream(_note + TurnSuffix, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult == (int)Errno.EAGAIN)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Where /run cannot be written, nobody can wait for a turn.
        }

        foreach (string file in Files)
        {
            try
            {
                _values[file] = KernelSetting.Read(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Then it cannot be changed either.
            }
        }

        try
        {
            List<string> lines = [NameOf(Environment.ProcessId)];
            foreach ((string file, long value) in _values)
            {
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"{file} {value}"));
            }

            File.WriteAllLines(_note, lines);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Where /run cannot be written, only a kill that cannot be caught leaves them as they are then.
        }

        return true;
    }

    /// <summary>Puts them back.</summary>
    public void PutBack()
    {
        if (_values.Count == 0)
        {
            return;
        }

        foreach ((string file, long value) in _values)
        {
            KernelSetting.PutBack(file, value);
        }

        Forget();
    }

    /// <summary>Forgets the note: the settings are as they were, and it is the next one's turn.</summary>
    public void Forget()
    {
        Remove(_note);
        _turn?.Dispose();
    }

    public void Dispose() => _turn?.Dispose();

    /// <summary>Puts back what a gather has left that was killed; one that still runs is left alone.</summary>
    /// <returns>What has been put back, for people; empty for nothing.</returns>
    public static IReadOnlyList<string> PutBackAfterKill(string note = UsualNote)
    {
        List<string> said = [];
        try
        {
            string[] lines = File.ReadAllLines(note);
            if (lines.Length == 0 || lines[0] == NameOf(IdOf(lines[0])))
            {
                return said;
            }

            foreach (string line in lines[1..])
            {
                string[] words = line.Split(' ');
                if (words.Length == 2 && IsSetting(words[0])
                    && long.TryParse(words[1], CultureInfo.InvariantCulture, out long value)
                    && KernelSetting.Read(words[0]) is var now && now != value)
                {
                    KernelSetting.PutBack(words[0], value);
                    string name = words[0].StartsWith(Sysctl, StringComparison.Ordinal)
                        ? words[0][Sysctl.Length..].Replace('/', '.')
                        : words[0];
                    said.Add(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{name} was left at {now} by a gather that was killed; it is {value} again"));
                }
            }

            Remove(note);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // There is no note, or nobody may put anything back.
        }

        return said;
    }

    private static bool IsSetting(string file) =>
        file.StartsWith(Sysctl, StringComparison.Ordinal) || file.StartsWith(HugePages, StringComparison.Ordinal);

    private static int IdOf(string name) =>
        int.TryParse(name.Split(' ')[0], CultureInfo.InvariantCulture, out int id) ? id : 0;

    /// <summary>Number and start of a process, which together are never another one's; empty when there is none.</summary>
    private static string NameOf(int id)
    {
        try
        {
            // Field 22, counted behind the name in brackets, which may have blanks in it (proc_pid_stat(5)).
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
            string start = stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
            return string.Create(CultureInfo.InvariantCulture, $"{id} {start}");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static void Remove(string note)
    {
        try
        {
            File.Delete(note);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It was not to be written there either.
        }
    }
}
