namespace Baton.Linux.Gathers;

/// <summary>The pages that this program itself runs from.</summary>
public static class OwnPages
{
    /// <summary>
    /// Keeps them in memory, those that it has touched and those that it will touch. MemAvailable counts a program's file
    /// as memory that can be had; a small machine in which that is taken does nothing but read the program again.
    /// </summary>
    public static void Keep() => _ = LibC.MLockAll(LibC.LockTouched);
}
