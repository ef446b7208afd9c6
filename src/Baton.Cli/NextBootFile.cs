using Baton.Linux.Files;
using Baton.Linux.Power;
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
    private readonly Lock _lock = new();
    private byte[]? _before;
    private bool _isGivenUp;

    /// <summary>Disables it, on the disk too. A root that cannot be written is told, and the jump goes on.</summary>
    public void Disable()
    {
        lock (_lock)
        {
            if (path is null || _isGivenUp)
            {
                return;
            }

            try
            {
                _before = File.ReadAllBytes(path);
                Write(path, NextBoot.Disable(_before), _before.Length);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                environment.Error.WriteLine(
                    $"{environment.Name}: {path} stays in force for the next boot too, because it could not be written: "
                    + e.Message);
            }
        }
    }

    /// <summary>
    /// Has it in force again if it was disabled, since the boot for which it holds has not been; it is not disabled any more
    /// from then on. Where its file system is read-only by then, that is told.
    /// </summary>
    /// <param name="log">Where it is told.</param>
    public void PutBack(TextWriter log)
    {
        lock (_lock)
        {
            _isGivenUp = true;
            if (path is null || _before is null)
            {
                return;
            }

            try
            {
                byte[] now = File.ReadAllBytes(path);
                if (!now.AsSpan().SequenceEqual(_before))
                {
                    Write(path, _before, now.Length);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                log.WriteLine(
                    $"{environment.Name}: {path} is disabled, though its kernel has not been started: enable it again "
                    + $"({e.Message})");
            }

            _before = null;
        }
    }

    private static void Write(string path, byte[] content, int lengthBefore)
    {
        if (content.Length != lengthBefore)
        {
            WholeFile.At(path, []).Write(file => file.Write(content), mayReplace: true, mode: null);

            // The name leads to it on the disk, too.
            Jump.SyncDiskOf(path);
            return;
        }

        // In place: whatever happens meanwhile, the file is one or the other.
        using FileStream file = new(path, FileMode.Open, FileAccess.Write);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }
}
