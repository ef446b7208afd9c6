namespace Baton.Linux.Gathers;

/// <summary>What keeps pages where they are, from the surest to the last resort.</summary>
public enum PinMethod
{
    /// <summary>Buffers registered with io_uring: pinned for long, so that neither compaction nor swap moves them.</summary>
    IoUring,

    /// <summary>Pages of the pool of huge pages, which compaction leaves alone.</summary>
    HugePages,

    /// <summary>
    /// mlock(2), with vm.compact_unevictable_allowed at 0 meanwhile. Other migration (memory hot-unplug, NUMA) is not kept
    /// off; the look at the pages just before the jump finds it.
    /// </summary>
    Lock,
}

/// <summary>The methods' names for people and options.</summary>
public static class PinMethods
{
    /// <summary>All, in the order in which they are tried.</summary>
    public static IReadOnlyList<PinMethod> All { get; } = [PinMethod.IoUring, PinMethod.HugePages, PinMethod.Lock];

    public static string NameOf(PinMethod method) => method switch
    {
        PinMethod.IoUring => "io_uring",
        PinMethod.HugePages => "huge pages",
        _ => "mlock",
    };
}
