using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Gathers;

/// <summary>A run of this process's memory whose pages stay where they are until it is disposed of.</summary>
internal sealed unsafe class PinnedRegion : IHeldRegion
{
    /// <summary>Bytes of a huge page: where regions begin, so that the kernel can use such pages for them.</summary>
    public const long HugePage = 2 << 20;

    private const string Name = "pinned pages";

    private readonly AddressRun _mapping;
    private AddressRun _run;
    private SafeFileHandle? _ring;
    private bool _isMapped = true;

    private PinnedRegion(AddressRun mapping, long length, PinMethod method)
    {
        _mapping = mapping;
        Method = method;
        long misaligned = (nint)mapping.Start % HugePage;
        _run = new AddressRun(Name, mapping.Start + (misaligned == 0 ? 0 : HugePage - misaligned), length);
    }

    public PinMethod Method { get; }

    /// <summary>The first byte; zeros until somebody writes.</summary>
    public byte* Address => _run.Start;

    /// <summary>Bytes, whole pages.</summary>
    public long Length => _run.Length;

    /// <summary>Takes addresses; no memory is behind them yet.</summary>
    /// <param name="length">Bytes, whole pages; at most 1 GiB, which is what a registered buffer may have.</param>
    /// <param name="method">How the pages will be pinned.</param>
    /// <exception cref="SystemCallException">That is not possible on this machine.</exception>
    public static PinnedRegion Map(long length, PinMethod method)
    {
        long whole = WholePages(length, method);
        nuint mapped = (nuint)(whole + HugePage);
        const int Flags = LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve;
        void* mapping = LibC.MMap(null, mapped, LibC.ProtRead | LibC.ProtWrite, Flags, -1, 0);
        return mapping == LibC.MapFailed
            ? throw SystemCallException.FromLastError($"mmap({mapped} bytes)")
            : new PinnedRegion(new AddressRun(Name, (byte*)mapping, (long)mapped), whole, method);
    }

    public void Fill(HeldMemory held)
    {
        if (Method == PinMethod.HugePages)
        {
            _run.TakeHugePages();
        }
        else
        {
            // Fewer and longer extents; where there are no huge pages to be had, small ones do.
            _ = LibC.MAdvise(Address, (nuint)Length, LibC.MadvHugePage);
        }

        _run.Populate(held, LibC.MadvPopulateWrite, Touch);
    }

    public void Pin()
    {
        if (Method == PinMethod.HugePages)
        {
            return;
        }

        if (Method == PinMethod.Lock)
        {
            _run.Lock();

            // khugepaged would put small pages together that are locked: elsewhere.
            _ = LibC.MAdvise(Address, (nuint)Length, LibC.MadvNoHugePage);
            return;
        }

        _ring ??= Ring();
        IoVec buffer = new() { Base = Address, Length = (nuint)Length };
        nint ring = _ring.DangerousGetHandle();
        if (LibC.IoUringRegister(LibC.IoUringRegisterNumber, ring, LibC.IoUringRegisterBuffers, &buffer, 1) < 0)
        {
            throw SystemCallException.FromLastError($"io_uring_register(IORING_REGISTER_BUFFERS, {Length} bytes)");
        }
    }

    /// <summary>Gives back what lies behind a length; the addresses stay, with zeros behind them.</summary>
    /// <param name="length">Bytes, at most what there is; more of them are kept where pages are huge.</param>
    /// <exception cref="SystemCallException">What is left cannot be pinned.</exception>
    public void Shorten(long length)
    {
        length = WholePages(length, Method);
        if (!_isMapped || length == Length)
        {
            return;
        }

        Unpin();
        new AddressRun(Name, _run.Start + length, Length - length).Empty();
        _run = new AddressRun(Name, _run.Start, length);
        if (_ring is not null)
        {
            Pin();
        }
    }

    public void Empty()
    {
        if (_isMapped)
        {
            Unpin();
            _mapping.Empty();
        }
    }

    public void Dispose()
    {
        if (_isMapped)
        {
            _isMapped = false;
            _ring?.Dispose();
            _mapping.Unmap();
        }
    }

    private static SafeFileHandle Ring()
    {
        byte* parameters = stackalloc byte[LibC.IoUringParamsSize];
        new Span<byte>(parameters, LibC.IoUringParamsSize).Clear();
        nint ring = LibC.IoUringSetup(LibC.IoUringSetupNumber, 1, parameters);
        return ring < 0
            ? throw SystemCallException.FromLastError("io_uring_setup(1)")
            : new SafeFileHandle(ring, ownsHandle: true);
    }

    /// <summary>Closing the ring would let the pages go as well, but some time later.</summary>
    private void Unpin()
    {
        if (_ring is { IsInvalid: false } ring)
        {
            _ = LibC.IoUringRegister(
                LibC.IoUringRegisterNumber, ring.DangerousGetHandle(), LibC.IoUringUnregisterBuffers, null, 0);
        }
    }

    private static long WholePages(long length, PinMethod method)
    {
        long page = method == PinMethod.HugePages ? HugePage : Environment.SystemPageSize;
        return (length + page - 1) / page * page;
    }

    /// <remarks>A write is needed: what is only read is one page of zeros for all.</remarks>
    private static void Touch(AddressRun piece)
    {
        for (long offset = 0; offset < piece.Length; offset += Environment.SystemPageSize)
        {
            Volatile.Write(ref piece.Start[offset], 0);
        }
    }
}
