using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Gathers;

/// <summary>A run of this process's memory whose pages stay where they are until it is disposed of.</summary>
internal sealed unsafe class PinnedRegion : IDisposable
{
    /// <summary>Bytes of a huge page: where regions begin, so that the kernel can use such pages for them.</summary>
    public const long HugePage = 2 << 20;

    private readonly byte* _mapping;
    private readonly nuint _mappingLength;
    private SafeFileHandle? _ring;
    private bool _isMapped = true;

    private PinnedRegion(byte* mapping, nuint mappingLength, long length)
    {
        _mapping = mapping;
        _mappingLength = mappingLength;
        long misaligned = (nint)mapping % HugePage;
        Address = mapping + (misaligned == 0 ? 0 : HugePage - misaligned);
        Length = length;
    }

    /// <summary>The first byte; zeros until somebody writes.</summary>
    public byte* Address { get; }

    /// <summary>Bytes, whole pages.</summary>
    public long Length { get; }

    /// <summary>Takes memory and pins it.</summary>
    /// <param name="length">Bytes, whole pages; at most 1 GiB, which is what a registered buffer may have.</param>
    /// <param name="method">How.</param>
    /// <exception cref="SystemCallException">That is not possible on this machine, or there is no memory.</exception>
    public static PinnedRegion Take(long length, PinMethod method)
    {
        bool isHuge = method == PinMethod.HugePages;
        long whole = isHuge ? (length + HugePage - 1) / HugePage * HugePage : length;
        nuint mapped = (nuint)(whole + (isHuge ? 0 : HugePage));
        int flags = LibC.MapPrivate | LibC.MapAnonymous
            | (isHuge ? LibC.MapHugeTlb | LibC.MapPopulate : LibC.MapNoReserve);
        void* mapping = LibC.MMap(null, mapped, LibC.ProtRead | LibC.ProtWrite, flags, -1, 0);
        if (mapping == LibC.MapFailed)
        {
            throw SystemCallException.FromLastError($"mmap({mapped} bytes{(isHuge ? ", MAP_HUGETLB" : "")})");
        }

        PinnedRegion region = new((byte*)mapping, mapped, whole);
        try
        {
            region.Pin(method);
            return region;
        }
        catch
        {
            region.Dispose();
            throw;
        }
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

    private void Pin(PinMethod method)
    {
        if (method == PinMethod.HugePages)
        {
            return;
        }

        // Fewer and longer extents; where there are no huge pages to be had, small ones do.
        _ = LibC.MAdvise(Address, (nuint)Length, LibC.MadvHugePage);
        if (method == PinMethod.Lock)
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
}
