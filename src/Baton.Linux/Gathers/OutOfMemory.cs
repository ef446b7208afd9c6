namespace Baton.Linux.Gathers;

/// <summary>The kernel's choice when memory ends all the same.</summary>
public static class OutOfMemory
{
    private const string Score = "/proc/self/oom_score_adj";

    /// <summary>
    /// Makes this process the first to go. With it go the pages that it holds, and the machine runs on as before; PID 1
    /// is never chosen.
    /// </summary>
    public static void ChooseThisProcess() => Write("1000");

    /// <summary>
    /// Makes this process the last to go, once the machine has no way back without it, until what this returns is disposed of.
    /// </summary>
    public static Spared SpareThisProcess()
    {
        Spared spared = new();
        if (!Write("-1000"))
        {
            // Whoever may not spare a process may take back that it is the first.
            _ = Write("0");
        }

        return spared;
    }

    /// <summary>Puts the kernel's choice back as it was.</summary>
    public sealed class Spared : IDisposable
    {
        private readonly string _before = Read();

        public void Dispose() => Write(_before);
    }

    private static string Read()
    {
        try
        {
            return File.ReadAllText(Score).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "0";
        }
    }

    private static bool Write(string score)
    {
        try
        {
            File.WriteAllText(Score, score);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then the kernel chooses by size, which will be this process most likely.
            return false;
        }
    }
}
