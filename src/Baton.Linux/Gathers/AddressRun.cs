using System.Runtime.InteropServices;

namespace Baton.Linux.Gathers;

/// <summary>A run of this process's addresses, for what every kind of held pages asks of the kernel.</summary>
/// <param name="name">Whose addresses they are, for errors.</param>
/// <param name="start">The first.</param>
/// <param name="length">Bytes.</param>
internal readonly unsafe struct AddressRun(string name, byte* start, long length)
{
    /// <summary>Bytes that are asked of the kernel at a time: who wants to give all back need not wait longer.</summary>
    private const long Piece = 2 << 20;

    /// <summary>The first address.</summary>
    public byte* Start => start;

    /// <summary>Bytes.</summary>
    public long Length => length;

    /// <summary>Has the kernel put pages behind the addresses.</summary>
    /// <param name="held">Is asked before each piece whether there is still a wish for it.</param>
    /// <param name="advice">MADV_POPULATE_READ or MADV_POPULATE_WRITE.</param>
    /// <param name="older">Does it for a piece on a kernel before Linux 5.14, which knows neither.</param>
    /// <exception cref="SystemCallException">There is no memory.</exception>
    /// <exception cref="InsufficientMemoryException">All has been given back meanwhile.</exception>
    public void Populate(HeldMemory held, int advice, Action<AddressRun> older)
    {
        for (long done = 0; done < length; done += Piece)
        {
            held.ThrowIfGivenBack();
            AddressRun piece = new(name, start + done, Math.Min(Piece, length - done));
            if (LibC.MAdvise(piece.Start, (nuint)piece.Length, advice) != 0)
            {
                if (Marshal.GetLastPInvokeError() != (int)Errno.EINVAL)
                {
                    throw SystemCallException.FromLastError(
                        $"madvise({name}, {piece.Length} bytes, "
                        + $"{(advice == LibC.MadvPopulateRead ? "MADV_POPULATE_READ" : "MADV_POPULATE_WRITE")})");
                }

                older(piece);
            }
        }
    }

    /// <summary>
    /// Sets huge pages aside for the addresses, from the kernel's pool or, where it may make more, of free memory.
    /// </summary>
    /// <exception cref="SystemCallException">There are not so many; the addresses must not be used then.</exception>
    public void TakeHugePages()
    {
        const int Flags = LibC.MapPrivate | LibC.MapAnonymous | LibC.MapFixed | LibC.MapHugeTlb;
        if (LibC.MMap(start, (nuint)length, LibC.ProtRead | LibC.ProtWrite, Flags, -1, 0) == LibC.MapFailed)
        {
            throw SystemCallException.FromLastError($"mmap({name}, {length} bytes, MAP_HUGETLB)");
        }
    }

    /// <summary>Locks the pages, and has the kernel put those behind the addresses that are not there.</summary>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    public void Lock()
    {
        if (LibC.MLock(start, (nuint)length) != 0)
        {
            throw SystemCallException.FromLastError($"mlock({name}, {length} bytes)");
        }
    }

    /// <summary>Lets the pages go; the addresses stay, with zeros behind them.</summary>
    public void Empty() => _ = LibC.MMap(
        start,
        (nuint)length,
        LibC.ProtRead | LibC.ProtWrite,
        LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve | LibC.MapFixed,
        -1,
        0);

    /// <summary>Lets the addresses go.</summary>
    public void Unmap() => _ = LibC.MUnmap(start, (nuint)length);
}
