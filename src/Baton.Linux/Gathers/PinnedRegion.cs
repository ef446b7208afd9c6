using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Gathers;

/// <summary>A run of this process's memory whose pages stay where they are until it is disposed of.</summary>
internal sealed unsafe class PinnedRegion : IHeldRegion
{
    /// <summary>Bytes of a huge page: where regions begin, so that the kernel can use such pages for them.</summary>
    public const long HugePage = 2 << 20;

    private const string Name = "pinned pages";

    private readonly AddressRun _mapping;
    private readonly AddressRun _run;
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

    /// <summary>Takes addresses; no memory is behind them yet, but where huge pages are set aside.</summary>
    /// <param name="length">Bytes, whole pages; at most 1 GiB, which is what a registered buffer may have.</param>
    /// <param name="method">How the pages will be pinned.</param>
    /// <exception cref="SystemCallException">That is not possible on this machine.</exception>
    public static PinnedRegion Map(long length, PinMethod method)
    {
        bool isHuge = method == PinMethod.HugePages;
        long whole = isHuge ? (length + HugePage - 1) / HugePage * HugePage : length;
        nuint mapped = (nuint)(whole + (isHuge ? 0 : HugePage));
        int flags = LibC.MapPrivate | LibC.MapAnonymous
            | (isHuge ? LibC.MapHugeTlb | LibC.MapPopulate : LibC.MapNoReserve);
        void* mapping = LibC.MMap(null, mapped, LibC.ProtRead | LibC.ProtWrite, flags, -1, 0);
        return mapping == LibC.MapFailed
            ? throw SystemCallException.FromLastError($"mmap({mapped} bytes{(isHuge ? ", MAP_HUGETLB" : "")})")
            : new PinnedRegion(new AddressRun(Name, (byte*)mapping, (long)mapped), whole, method);
    }

    public void Fill(HeldMemory held)
    {
        if (Method == PinMethod.HugePages)
        {
            return;
        }

        // Fewer and longer extents; where there are no huge pages to be had, small ones do.
        _ = LibC.MAdvise(Address, (nuint)Length, LibC.MadvHugePage);
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
            return;
        }

        byte* parameters = stackalloc byte[LibC.IoUringParamsSize];
        new Span<byte>(parameters, LibC.IoUringParamsSize).Clear();
        nint ring = LibC.IoUringSetup(LibC.IoUringSetupNumber, 1, parameters);
        if (ring < 0)
        {
            throw SystemCallException.FromLastError("io_uring_setup(1)");
        }

        _ring = new SafeFileHandle(ring, ownsHandle: true);
        IoVec buffer = new() { Base = Address, Length = (nuint)Length };
        if (LibC.IoUringRegister(LibC.IoUringRegisterNumber, ring, LibC.IoUringRegisterBuffers, &buffer, 1) < 0)
        {
            throw SystemCallException.FromLastError($"io_uring_register(IORING_REGISTER_BUFFERS, {Length} bytes)");
        }
    }

    public void Empty()
    {
        if (!_isMapped)
        {
            return;
        }

        if (_ring is { IsInvalid: false } ring)
        {
            // Closing the ring would let the pages go as well, but some time later.
            _ = LibC.IoUringRegister(
                LibC.IoUringRegisterNumber, ring.DangerousGetHandle(), LibC.IoUringUnregisterBuffers, null, 0);
        }

        _mapping.Empty();
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

    /// <remarks>A write is needed: what is only read is one page of zeros for all.</remarks>
    private static void Touch(AddressRun piece)
    {
        for (long offset = 0; offset < piece.Length; offset += Environment.SystemPageSize)
        {
            Volatile.Write(ref piece.Start[offset], 0);
        }
    }
}
