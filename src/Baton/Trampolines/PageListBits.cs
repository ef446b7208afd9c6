namespace Baton.Trampolines;

/// <summary>
/// The numbers of the bits that say what an entry of a page list is (docs/gather.md): those of kload and of Linux's own
/// kexec, and one of ours.
/// </summary>
public static class PageListBits
{
    /// <summary>The address is where the next page goes.</summary>
    public const int Destination = 0;

    /// <summary>The address is where the list goes on.</summary>
    public const int Indirect = 1;

    /// <summary>The list ends.</summary>
    public const int Done = 2;

    /// <summary>The address is a page to move; the next one goes behind it.</summary>
    public const int Source = 3;

    /// <summary>With <see cref="Source"/>: the extent's last page is moved first.</summary>
    public const int Descending = 4;
}
