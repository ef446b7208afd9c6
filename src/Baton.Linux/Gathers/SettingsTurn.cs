using System.Diagnostics;

namespace Baton.Linux.Gathers;

/// <summary>
/// The turn of whoever changes the kernel's settings, or puts them back: a file that is locked (flock(2)). The kernel takes a
/// lock back when a process has ended, not before.
/// </summary>
/// <param name="path">The file.</param>
internal sealed class SettingsTurn(string path) : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private FileStream? _file;

    /// <summary>Whether this process has the turn.</summary>
    public bool IsTaken => _file is not null;

    /// <summary>
    /// Takes the turn. Who was killed has it until the kernel has freed its memory, and who puts settings back has it for a
    /// moment.
    /// </summary>
    /// <param name="patience">How long such a process is waited for.</param>
    /// <param name="isOfLiving">Whether a process has it that goes on, for which nobody waits.</param>
    /// <returns>Whether nobody else has it; that is so, too, where the file cannot be locked.</returns>
    public bool Take(TimeSpan patience, Func<bool> isOfLiving)
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (!TryTake())
        {
            if (waited.Elapsed >= patience || isOfLiving())
            {
                return false;
            }

            Thread.Sleep(Step);
        }

        return true;
    }

    /// <summary>Leaves the turn to the next one.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private bool TryTake()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            _file = new FileStream(path, SettingsNote.OptionsFor(FileMode.OpenOrCreate));
            if (!OperatingSystem.IsWindows())
            {
                // One that was there has kept its mode.
                File.SetUnixFileMode(_file.SafeFileHandle, SettingsNote.Mode);
            }
        }
        catch (IOException e) when (e.HResult == (int)Errno.EAGAIN)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Where /run cannot be written, nobody can wait for a turn.
        }

        return true;
    }
}
