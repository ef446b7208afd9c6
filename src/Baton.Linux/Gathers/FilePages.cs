using System.Runtime.InteropServices;
using Baton.Bytes;
using Baton.Gathers;
using Baton.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Gathers;

/// <summary>
/// Whole pages of a file that lies in memory (<see cref="PartsInPlace"/>), where they are: mapped, so that the kernel tells
/// where that is, and locked. What is in them is read as the file is, never through the mapping: who touches a page that
/// somebody has cut off is killed.
/// </summary>
internal sealed unsafe class FilePages : IHeldRegion, IHeldPages
{
    private const long PageSize = (long)PageMove.PageSize;

    /// <summary>Bytes that are asked of the kernel at a time.</summary>
    private const long Piece = 2 << 20;

    /// <summary>Pages that mincore(2) is asked for at a time.</summary>
    private const int AnswersPerCall = 4096;

    private const int ChunkSize = 1 << 20;

    private readonly long _offset;
    private readonly long _length;
    private readonly byte* _address;
    private bool _isLocked;
    private bool _isMapped = true;

    private FilePages(FileSource file, long offset, long length, byte* address)
    {
        File = file;
        _offset = offset;
        _length = length;
        _address = address;
    }

    public FileSource File { get; }

    public PinMethod Method => PinMethod.Lock;

    /// <summary>Maps pages of a file.</summary>
    /// <param name="file">A file that lies in memory.</param>
    /// <param name="offset">Where the first page begins; a multiple of the page size.</param>
    /// <param name="length">Bytes; a multiple of the page size.</param>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    public static FilePages Map(FileSource file, long offset, long length)
    {
        int handle = (int)file.Handle.DangerousGetHandle();
        void* address = LibC.MMap(null, (nuint)length, LibC.ProtRead, LibC.MapShared, handle, (nint)offset);
        return address == LibC.MapFailed
            ? throw SystemCallException.FromLastError($"mmap({file.Name}, {length} bytes at {offset})")
            : new FilePages(file, offset, length, (byte*)address);
    }

    /// <summary>How many bytes of the pages are in memory now; the others are in swap, or holes.</summary>
    /// <exception cref="SystemCallException">The kernel does not tell.</exception>
    public ulong CountResident()
    {
        byte* answers = stackalloc byte[AnswersPerCall];
        ulong resident = 0;
        for (long done = 0; done < _length; done += AnswersPerCall * PageSize)
        {
            nuint length = (nuint)Math.Min(AnswersPerCall * PageSize, _length - done);
            if (LibC.MInCore(_address + done, length, answers) != 0)
            {
                throw SystemCallException.FromLastError($"mincore({File.Name})");
            }

            for (int i = 0; i < (int)(length / (nuint)PageSize); i++)
            {
                resident += (answers[i] & 1u) * PageMove.PageSize;
            }
        }

        return resident;
    }

    public void Fill(HeldMemory held)
    {
        // Locked before there are any, the pages need not all be looked at a second time (Linux 4.4).
        _isLocked = LibC.MLock2(_address, (nuint)_length, LibC.MLockOnFault) == 0;
        for (long done = 0; done < _length; done += Piece)
        {
            held.ThrowIfGivenBack();
            nuint length = (nuint)Math.Min(Piece, _length - done);
            if (LibC.MAdvise(_address + done, length, LibC.MadvPopulateRead) != 0)
            {
                // Before Linux 5.14, locking alone can do it.
                if (Marshal.GetLastPInvokeError() != (int)Errno.EINVAL)
                {
                    throw SystemCallException.FromLastError($"madvise({File.Name}, {length} bytes, MADV_POPULATE_READ)");
                }

                Lock(done, length);
            }
        }
    }

    public void Pin()
    {
        if (!_isLocked)
        {
            Lock(0, (nuint)_length);
        }
    }

    public void Empty()
    {
        if (_isMapped)
        {
            _ = LibC.MMap(
                _address,
                (nuint)_length,
                LibC.ProtRead,
                LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve | LibC.MapFixed,
                -1,
                0);
        }
    }

    public void AddMoves(long offset, ulong destination, ulong pages, PageMoves moves)
    {
        using SafeFileHandle file = System.IO.File.OpenHandle(PageMap.File);
        PageMap.Read(file, (nuint)(_address + offset), pages, destination, moves);
    }

    public void AddTo(Sha256 hash, long offset, long length)
    {
        byte[] chunk = new byte[Math.Min(ChunkSize, length)];
        for (long done = 0; done < length;)
        {
            Span<byte> some = chunk.AsSpan(0, (int)Math.Min(chunk.Length, length - done));
            File.Read(_offset + offset + done, some);
            hash.Add(some);
            done += some.Length;
        }
    }

    public void Dispose()
    {
        if (_isMapped)
        {
            _isMapped = false;
            _ = LibC.MUnmap(_address, (nuint)_length);
        }
    }

    private void Lock(long start, nuint length)
    {
        if (LibC.MLock(_address + start, length) != 0)
        {
            throw SystemCallException.FromLastError($"mlock({File.Name}, {length} bytes)");
        }
    }
}
