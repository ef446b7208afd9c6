namespace Baton.Linux.Gathers;

/// <summary>What the kernel remembers of files: their contents (page cache), their names and inodes (slab).</summary>
internal static class KernelCaches
{
    private const string File = "/proc/sys/vm/drop_caches";

    /// <summary>Clean pages, dentries and inodes (Documentation/admin-guide/sysctl/vm.rst).</summary>
    private const string All = "3";

    /// <summary>
    /// Has the kernel forget what it can: it is read again when it is needed, and under pressure it would be given up too
    /// slowly.
    /// </summary>
    public static void Drop()
    {
        try
        {
            System.IO.File.WriteAllText(File, All);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then there is less memory to be had, and the caller sees that.
        }
    }
}
