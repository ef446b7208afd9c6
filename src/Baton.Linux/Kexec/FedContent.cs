using System.Runtime.InteropServices;
using Baton.Handoffs;
using Baton.Linux.Gathers;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Kexec;

/// <summary>
/// A segment's content that comes into being as the kernel reads it: the addresses are empty, each fault is answered
/// with the next piece (userfaultfd(2)), and the piece before it is dropped. The kernel reads in rising order.
/// </summary>
internal sealed unsafe class FedContent : IUserBuffer
{
    /// <summary>Bytes a piece; measured best between 512 KiB and 8 MiB.</summary>
    private const int PieceSize = 2 << 20;

    private const int PageSize = 4096;
    private const int MessageSize = 32;
    private const byte PageFault = 0x12;
    private const int PollMilliseconds = 100;

    private readonly SegmentContent _content;
    private readonly nuint _mapped;
    private readonly byte* _area;
    private readonly SafeFileHandle _faults;
    private readonly Thread _feeder;
    private volatile bool _isOver;
    private ulong _pieceStart;
    private ulong _pieceEnd;

    /// <exception cref="SystemCallException">The kernel has no userfaultfd, or not for this process.</exception>
    public FedContent(SegmentContent content)
    {
        _content = content;
        Length = (nuint)content.Length;
        _mapped = (Length + PageSize - 1) / PageSize * PageSize;
        nint faults = LibC.UserFault(LibC.UserFaultNumber, LibC.OCloExec | LibC.ONonBlock);
        if (faults < 0)
        {
            throw SystemCallException.FromLastError("userfaultfd(O_CLOEXEC | O_NONBLOCK)");
        }

        _faults = new SafeFileHandle(faults, ownsHandle: true);
        _area = Map(_mapped);
        try
        {
            _ = LibC.MAdvise(_area, _mapped, LibC.MadvNoHugePage);
            ulong* api = stackalloc ulong[] { LibC.UserFaultApi, 0, 0 };
            Control(LibC.UserFaultApiRequest, api, "UFFDIO_API");
            ulong* register = stackalloc ulong[] { (ulong)_area, _mapped, LibC.UserFaultMissing, 0 };
            Control(LibC.UserFaultRegisterRequest, register, "UFFDIO_REGISTER");
        }
        catch
        {
            _faults.Dispose();
            _ = LibC.MUnmap(_area, _mapped);
            throw;
        }

        _feeder = new Thread(Feed) { IsBackground = true, Name = "feeder" };
        _feeder.Start();
    }

    public nint Address => (nint)_area;

    public nuint Length { get; }

    public Exception? Failure { get; private set; }

    public void Dispose()
    {
        _isOver = true;
        _feeder.Join();
        _faults.Dispose();
        _ = LibC.MUnmap(_area, _mapped);
    }

    private static byte* Map(nuint length)
    {
        void* area = LibC.MMap(
            null, length, LibC.ProtRead | LibC.ProtWrite, LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve, -1, 0);
        return area != LibC.MapFailed
            ? (byte*)area
            : throw SystemCallException.FromLastError($"mmap({length} bytes)");
    }

    private void Control(nuint request, void* argument, string name)
    {
        if (LibC.IoControl((int)_faults.DangerousGetHandle(), request, argument) != 0)
        {
            throw SystemCallException.FromLastError($"ioctl(userfaultfd, {name})");
        }
    }

    private void Feed()
    {
        byte* piece = (byte*)NativeMemory.AlignedAlloc(PieceSize, PageSize);
        try
        {
            PollEntry entry = new() { File = (int)_faults.DangerousGetHandle(), Events = LibC.PollIn };
            byte* message = stackalloc byte[MessageSize];
            while (!_isOver)
            {
                if (LibC.Poll(&entry, 1, PollMilliseconds) > 0
                    && LibC.Read(entry.File, message, MessageSize) == MessageSize && message[0] == PageFault)
                {
                    Answer(*(ulong*)(message + 16), piece);
                }
            }
        }
        catch (Exception e) when (e is Bytes.ImageFormatException or IOException or SystemCallException
            or InsufficientMemoryException)
        {
            // Addresses that cannot be read end the kernel's read with EFAULT, and nothing is loaded.
            Failure = e;
            _ = LibC.MMap(
                _area,
                _mapped,
                LibC.ProtNone,
                LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve | LibC.MapFixed,
                -1,
                0);

            // Whoever waits for a page is woken by this, and tries again.
            _faults.Dispose();
        }
        finally
        {
            NativeMemory.AlignedFree(piece);
        }
    }

    private void Answer(ulong address, byte* piece)
    {
        ulong offset = (address - (ulong)_area) / PageSize * PageSize;
        if (offset >= _pieceStart && offset < _pieceEnd)
        {
            // A signal (the collector stops threads by one) has the kernel ask a second time for what is there by now.
            ulong* wake = stackalloc ulong[] { (ulong)_area + offset, PageSize };
            Control(LibC.UserFaultWakeRequest, wake, "UFFDIO_WAKE");
            return;
        }

        ulong length = Math.Min(PieceSize, _mapped - offset);
        Span<byte> bytes = new(piece, (int)length);
        bytes.Clear();
        int filled = (int)Math.Min(length, Length - offset);
        _content.Read((long)offset, bytes[..filled]);
        if (offset > 0)
        {
            _ = LibC.MAdvise(_area, (nuint)offset, LibC.MadvDontNeed);
        }

        Forget((long)offset + filled);
        ulong* copy = stackalloc ulong[] { (ulong)_area + offset, (ulong)piece, length, 0, 0 };
        Control(LibC.UserFaultCopyRequest, copy, "UFFDIO_COPY");
        (_pieceStart, _pieceEnd) = (offset, offset + length);
    }

    /// <summary>What was streamed into pages of this process is not needed a second time.</summary>
    private void Forget(long offset)
    {
        foreach (ContentPart part in _content.Parts)
        {
            if (part.Source is PinnedSource streamed && part.SourceOffset == 0 && part.Offset < offset)
            {
                streamed.Memory.ReleaseBefore(offset - part.Offset);
            }
        }
    }
}
