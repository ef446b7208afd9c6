namespace Baton.Linux.Gathers;

/// <summary>
/// The kernel's settings that a gather changes, as they were before: for a process that ends in the middle, where nobody
/// disposes of anything. For one that is killed there is a note in /run, by which the next command puts them back.
/// </summary>
/// <remarks>
/// Whether the note's process has ended is told by the turn, which it has until then. Its number does not tell that: it may be
/// another one's by now, and a process that is killed still is there while the kernel frees its memory.
/// </remarks>
public sealed class SettingsAsFound : IDisposable
{
    private const string UsualNote = "/run/baton/settings";

    /// <summary>Of the file that is locked.</summary>
    private const string TurnSuffix = ".turn";

    private const string Sysctl = "/proc/sys/";
    private const string HugePages = "/sys/kernel/mm/hugepages/";

    private readonly string _note;
    private readonly SettingsTurn _turn;
    private readonly Dictionary<string, long> _values = [];

    /// <summary>What an earlier note told and could not be put back: it stays noted, whatever becomes of this process.</summary>
    private Dictionary<string, long> _leftOver = [];

    /// <param name="note">Where the note is kept.</param>
    public SettingsAsFound(string note = UsualNote)
    {
        _note = note;
        _turn = new SettingsTurn(note + TurnSuffix);
    }

    /// <summary>
    /// What <see cref="Keep"/> has put back before it read anything, and what it could not put back, for people; empty for
    /// nothing. Another gather may have been killed since <see cref="PutBackAfterKill"/> looked.
    /// </summary>
    public IReadOnlyList<string> PutBackFirst { get; private set; } = [];

    /// <summary>All that a gather may change; for tests.</summary>
    internal string[] Files { get; init; } =
    [
        KernelSetting.CompactUnevictable, KernelSetting.MinFree, KernelSetting.ReserveBoost, KernelSetting.MoreHugePages,
        KernelSetting.FewerNotes,
    ];

    /// <summary>How long a process may take to end: the kernel frees GiBs of memory, and then its turn; for tests.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Puts back what a gather has left that was killed; one that still runs is left alone.</summary>
    /// <returns>What has been put back, and what could not be, for people; empty for nothing.</returns>
    public static IReadOnlyList<string> PutBackAfterKill(string note = UsualNote)
    {
        using SettingsAsFound settings = new(note);
        return settings.CarryOut();
    }

    /// <summary>
    /// Reads them and writes them down for the case that this process is killed; those that the kernel does not have are left
    /// out. A note that is there is carried out first: what a killed gather has set would be taken for what was before.
    /// </summary>
    /// <returns>
    /// Whether it is this process's turn: two that change the settings at once would each put back what the other has set.
    /// </returns>
    public bool Keep()
    {
        if (!TakeTurn())
        {
            return false;
        }

        if (SettingsNote.Read(_note, IsSetting) is { } note)
        {
            if (IsOfAnother(note))
            {
                return false;
            }

            PutBackFirst = CarryOut(note);
        }

        foreach ((string file, long value) in _leftOver)
        {
            _values[file] = value;
        }

        foreach (string file in Files)
        {
            // What cannot be read cannot be changed either.
            if (KernelSetting.TryRead(file) is { } value)
            {
                _values.TryAdd(file, value);
            }
        }

        SettingsNote.OfThisProcess(_values).Write(_note);
        return true;
    }

    /// <summary>Whether one of them is another than it was.</summary>
    public bool AreChanged => _values.Any(setting => KernelSetting.TryRead(setting.Key) != setting.Value);

    /// <summary>
    /// Puts back those that are not as they were, and it is the next one's turn. What cannot be put back stays noted for the next
    /// command.
    /// </summary>
    /// <returns>What could not be put back, for people; empty for nothing.</returns>
    public IReadOnlyList<string> PutBack()
    {
        List<string> said = [];
        Dictionary<string, long> failed = [];
        foreach ((string file, long value) in _values)
        {
            if (!KernelSetting.PutBack(file, value))
            {
                failed[file] = value;
                said.Add($"{NameOf(file)} could not be put back to {value}: set it by yourself");
            }
        }

        End(failed);
        return said;
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>Puts back what a note tells, if there is one and nobody has the turn who still runs.</summary>
    /// <returns>What has been put back, and what could not be, for people; the turn is kept.</returns>
    internal List<string> CarryOut()
    {
        if (!File.Exists(_note))
        {
            return [];
        }

        if (!TakeTurn())
        {
            return StillChanged();
        }

        return SettingsNote.Read(_note, IsSetting) is { } note && !IsOfAnother(note) ? CarryOut(note) : [];
    }

    /// <summary>Puts back what a note tells; what cannot be put back stays in it.</summary>
    private List<string> CarryOut(SettingsNote note)
    {
        List<string> said = [];
        _leftOver = [];
        if (!note.Owner.IsOfThisBoot)
        {
            // Its values are of a kernel that is gone.
            SettingsNote.Remove(_note);
            return said;
        }

        foreach ((string file, long value) in note.Values)
        {
            long? now = KernelSetting.TryRead(file);
            if (now == value || !File.Exists(file))
            {
                continue;
            }

            bool isDone = KernelSetting.PutBack(file, value);
            if (!isDone)
            {
                _leftOver[file] = value;
            }

            // Who may not take the turn may not see others' processes either (proc(5), hidepid): perhaps nobody was killed.
            if (isDone || _turn.IsTaken)
            {
                string left = now is null ? "may have been changed" : $"was left at {now}";
                string end = isDone ? $"; it is {value} again" : $" and could not be put back to {value}: set it by yourself";
                said.Add($"{NameOf(file)} {left} by a gather that was killed{end}");
            }
        }

        (note with { Values = _leftOver }).Write(_note);
        return said;
    }

    /// <summary>What is not as it was while the kernel ends the process that has the turn; nothing if that runs.</summary>
    private List<string> StillChanged()
    {
        List<string> said = [];
        if (SettingsNote.Read(_note, IsSetting) is { Owner.IsLeftBehind: true } note)
        {
            string owner = $"process {note.Owner.Id}, which {(note.Owner.IsThere ? "is ending" : "has ended")}";
            foreach ((string file, long value) in note.Values)
            {
                if (KernelSetting.TryRead(file) is { } now && now != value)
                {
                    said.Add($"{NameOf(file)} is still changed by {owner}: try again");
                }
            }
        }

        return said;
    }

    /// <summary>Leaves a note of what is not as it was, and the turn to the next one.</summary>
    private void End(Dictionary<string, long> left)
    {
        // Without values this process has written no note: the one that is there is another one's.
        if (_values.Count > 0)
        {
            SettingsNote.OfThisProcess(left).Write(_note);
            _values.Clear();
        }

        Dispose();
    }

    private bool TakeTurn() =>
        _turn.Take(Patience, () => SettingsNote.Read(_note, IsSetting) is { Owner.IsAlive: true });

    /// <summary>Whether a note is that of a process that runs, where nobody can tell by the turn.</summary>
    private bool IsOfAnother(SettingsNote note) => !_turn.IsTaken && note.Owner.IsAlive;

    private bool IsSetting(string file) =>
        file.StartsWith(Sysctl, StringComparison.Ordinal) || file.StartsWith(HugePages, StringComparison.Ordinal)
        || Files.Contains(file);

    private static string NameOf(string file) => file.StartsWith(Sysctl, StringComparison.Ordinal)
        ? file[Sysctl.Length..].Replace('/', '.')
        : file;
}
