using Baton.Linux.Files;
using Baton.Protocols.FreeBsd.LoaderConf;

namespace Baton.Cli;

/// <summary>
/// The nextboot.conf that a loaded kernel comes from: disabled when nothing stands in the jump's way any more,
/// as FreeBSD's loader does: before processes are ended, or when systemd has taken that on. A handover that is given up
/// leaves it in force.
/// </summary>
/// <param name="path">The file, as this system names it; null for none.</param>
/// <param name="environment">Where to tell.</param>
internal sealed class NextBootFile(string? path, CommandEnvironment environment)
{
    private byte[]? _before;

    /// <summary>Disables it, on the disk too. A root that cannot be written is told, and the jump goes on.</summary>
    public void Disable()
    {
        if (path is null)
        {
            return;
        }

        try
        {
            byte[] before = File.ReadAllBytes(path);
            Write(path, NextBoot.Disable(before), before.Length);
            _before = before;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            environment.Error.WriteLine(
                $"{environment.Name}: {path} stays in force for the next boot too, because it could not be written: {e.Message}");
        }
    }

    /// <summary>Has it in force again if it was disabled: the boot for which it holds has not been.</summary>
    public void PutBack()
    {
        if (path is null || _before is null)
        {
            return;
        }

        try
        {
            Write(path, _before, File.ReadAllBytes(path).Length);
            _before = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            environment.Error.WriteLine(
                $"{environment.Name}: {path} is disabled, though its kernel has not been started: enable it again ({e.Message})");
        }
    }

    private static void Write(string path, byte[] content, int lengthBefore)
    {
        if (content.Length != lengthBefore)
        {
            WholeFile.At(path, []).Write(file => file.Write(content), mayReplace: true, mode: null);
            return;
        }

        // In place: whatever happens meanwhile, the file is one or the other.
        using FileStream file = new(path, FileMode.Open, FileAccess.Write);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }
}
