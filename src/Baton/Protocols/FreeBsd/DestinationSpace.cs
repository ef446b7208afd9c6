using Baton.Memory;

namespace Baton.Protocols.FreeBsd;

/// <summary>
/// The one line of addresses in which a FreeBSD kernel is told where things are: bytes above KERNBASE on amd64, virtual
/// addresses on arm64. Page tables make a linear address of it, and the place of staging a physical one.
/// </summary>
/// <param name="Staging">The physical address of the origin: a multiple of 2 MiB.</param>
/// <param name="Origin">The first of these addresses: 0 on amd64, KERNBASE on arm64.</param>
public readonly record struct DestinationSpace(PhysicalAddress Staging, ulong Origin = 0)
{
    /// <summary>Bytes of a large page, the unit of a kernel's place; where a kernel's first page is linked on amd64.</summary>
    public const ulong KernelStart = 0x20_0000;

    /// <summary>Bytes of a page.</summary>
    public const ulong Page = 4096;

    /// <summary>More than this cannot be preloaded: the rest of the kernel's 2 GiB is for its modules and drivers.</summary>
    public const ulong Limit = 1UL << 30;

    /// <summary>The physical address.</summary>
    public PhysicalAddress Physical(ulong address) => Staging + (address - Origin);

    /// <summary>The next page boundary.</summary>
    public static ulong RoundUp(ulong address) => RoundUp(address, Page);

    /// <summary>The next multiple of a power of two.</summary>
    public static ulong RoundUp(ulong address, ulong alignment) => (address + alignment - 1) & ~(alignment - 1);
}
