using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Gathers;

/// <summary>A run of this process's memory whose pages stay where they are until it is disposed of.</summary>
internal sealed unsafe class PinnedRegion : IHeldRegion
{
    /// <summary>Bytes of a huge page: where regions begin, so that the kernel can use such pages for them.</summary>
    public const long HugePage = 2 << 20;

    /// <summary>Bytes that are asked of the kernel at a time: who wants to give all back need not wait longer.</summary>
    private const long Piece = HugePage;

    private readonly byte* _mapping;
    private readonly nuint _mappingLength;
    private SafeFileHandle? _ring;
    private bool _isMapped = true;

    private PinnedRegion(byte* mapping, nuint mappingLength, long length, PinMethod method)
    {
        _mapping = mapping;
        _mappingLength = mappingLength;
        Method = method;
        long misaligned = (nint)mapping % HugePage;
        Address = mapping + (misaligned == 0 ? 0 : HugePage - misaligned);
        Length = length;
    }

    public PinMethod Method { get; }

    /// <summary>The first byte; zeros until somebody writes.</summary>
    public byte* Address { get; }

    /// <summary>Bytes, whole pages.</summary>
    public long Length { get; }

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
            : new PinnedRegion((byte*)mapping, mapped, whole, method);
    }

    public void Fill(HeldMemory held)
    {
        if (Method == PinMethod.HugePages)
        {
            return;
        }

        // Fewer and longer extents; where there are no huge pages to be had, small ones do.
        _ = LibC.MAdvise(Address, (nuint)Length, LibC.MadvHugePage);
        for (long done = 0; done < Length; done += Piece)
        {
            held.ThrowIfGivenBack();
            nuint length = (nuint)Math.Min(Piece, Length - done);
            if (LibC.MAdvise(Address + done, length, LibC.MadvPopulateWrite) != 0)
            {
                if (Marshal.GetLastPInvokeError() != (int)Errno.EINVAL)
                {
                    throw SystemCallException.FromLastError($"madvise({length} bytes, MADV_POPULATE_WRITE)");
                }

                // Before Linux 5.14.
                Touch(done, (long)length);
            }
        }
    }

    public void Pin()
    {
        if (Method == PinMethod.HugePages)
        {
            return;
        }

        if (Method == PinMethod.Lock)
        {
            if (LibC.MLock(Address, (nuint)Length) != 0)
            {
                throw SystemCallException.FromLastError($"mlock({Length} bytes)");
            }

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

        _ = LibC.MMap(
            _mapping,
            _mappingLength,
            LibC.ProtRead | LibC.ProtWrite,
            LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve | LibC.MapFixed,
            -1,
            0);
    }

    public void Dispose()
    {
        if (_isMapped)
        {
            _isMapped = false;
            _ring?.Dispose();
            _ = LibC.MUnmap(_mapping, _mappingLength);
        }
    }

    private void Touch(long start, long length)
    {
        for (long offset = start; offset < start + length; offset += Environment.SystemPageSize)
        {
            Volatile.Write(ref Address[offset], 0);
        }
    }
}
