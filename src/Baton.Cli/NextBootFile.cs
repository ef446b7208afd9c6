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
    /// <param name="path">The file, as this system names it.</param>
    /// <param name="environment">Where to tell.</param>
    public static void Disable(string path, CommandEnvironment environment)
    {
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

            // A copy, so that the mode is as it was.
            string fresh = path + ".new";
            File.Copy(path, fresh, overwrite: true);
            using (FileStream file = new(fresh, FileMode.Truncate, FileAccess.Write))
            {
                file.Write(after);
                file.Flush(flushToDisk: true);
            }

            File.Move(fresh, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            environment.Error.WriteLine(
                $"{environment.Name}: {path} stays in force for the next boot too, because it could not be written: {e.Message}");
        }
    }
}
