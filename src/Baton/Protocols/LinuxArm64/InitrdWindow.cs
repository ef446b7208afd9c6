using Baton.Memory;

namespace Baton.Protocols.LinuxArm64;

/// <summary>
/// Where the initrd may be: kernel and initrd must lie in one window of 32 GiB that starts at a multiple of 1 GiB
/// (booting.rst, "Call the kernel image").
/// </summary>
public static class InitrdWindow
{
    /// <summary>Bytes of the window.</summary>
    public const ulong Size = 32UL << 30;

    /// <summary>The alignment of the window in bytes.</summary>
    public const ulong Alignment = 1UL << 30;

    /// <summary>Every place from which some window reaches the whole kernel.</summary>
    public static PhysicalRange Around(PhysicalRange kernel)
    {
        ulong last = kernel.End.AlignUp(Alignment)?.Value ?? ulong.MaxValue;
        ulong first = kernel.Start.AlignDown(Alignment).Value;
        ulong end = first <= ulong.MaxValue - Size ? first + Size : ulong.MaxValue;
        return PhysicalRange.Between(new PhysicalAddress(last > Size ? last - Size : 0), new PhysicalAddress(end));
    }

    /// <summary>Whether one window holds both.</summary>
    public static bool Holds(PhysicalRange kernel, PhysicalRange initrd)
    {
        PhysicalAddress start = PhysicalAddress.Min(kernel.Start, initrd.Start).AlignDown(Alignment);
        PhysicalAddress end = PhysicalAddress.Max(kernel.End, initrd.End);
        return end - start <= Size;
    }
}
