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

    /// <summary>Makes this process the last to go, once the machine has no way back without it.</summary>
    public static void SpareThisProcess() => Write("-1000");

    private static void Write(string score)
    {
        try
        {
            File.WriteAllText(Score, score);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then the kernel chooses by size, which will be this process most likely.
        }
    }
}
