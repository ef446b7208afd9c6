using System.Globalization;

namespace Baton.Linux.Gathers;

/// <summary>
/// The note about settings that a process changes: a line that names the process (<see cref="ProcessMark"/>), and one for each
/// setting with its value before ("FILE VALUE").
/// </summary>
/// <param name="Owner">Whose it is: the first line.</param>
/// <param name="Values">The other lines.</param>
internal sealed record SettingsNote(ProcessMark Owner, Dictionary<string, long> Values)
{
    /// <summary>Whoever may read a file may lock it (flock(2)), and would keep root from its turn.</summary>
    public const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>A note of the process that runs this.</summary>
    public static SettingsNote OfThisProcess(Dictionary<string, long> values) => new(ProcessMark.OfThisProcess(), values);

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

        return new SettingsNote(new ProcessMark(lines.Length > 0 ? lines[0] : ""), values);
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
                text.WriteLine(Owner.Text);
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
}
