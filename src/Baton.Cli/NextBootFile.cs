using Baton.Linux.Files;
using Baton.Protocols.FreeBsd.LoaderConf;

namespace Baton.Cli;

/// <summary>
/// The nextboot.conf that a loaded kernel comes from: disabled when nothing stands in the jump's way any more,
/// as FreeBSD's loader does: before processes are ended, or when systemd has taken that on. A handover that is given up before
/// leaves it in force.
/// </summary>
internal static class NextBootFile
{
    /// <summary>Disables it, on the disk too. A root that cannot be written is told, and the jump goes on.</summary>
    /// <param name="path">The file, as this system names it; null for none.</param>
    /// <param name="environment">Where to tell.</param>
    public static void Disable(string? path, CommandEnvironment environment)
    {
        if (path is null)
        {
            return;
        }

        try
        {
            byte[] before = File.ReadAllBytes(path);
            byte[] after = NextBoot.Disable(before);
            if (after.Length == before.Length)
            {
                // In place: whatever happens meanwhile, the file is one or the other.
                using FileStream file = new(path, FileMode.Open, FileAccess.Write);
                file.Write(after);
                file.Flush(flushToDisk: true);
                return;
            }

            WholeFile.At(path, []).Write(file => file.Write(after), mayReplace: true, mode: null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            environment.Error.WriteLine(
                $"{environment.Name}: {path} stays in force for the next boot too, because it could not be written: {e.Message}");
        }
    }
}
