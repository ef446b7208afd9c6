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

    /// <summary>Pages that mincore(2) is asked for at a time.</summary>
    private const int AnswersPerCall = 4096;

    private readonly long _offset;
    private readonly AddressRun _run;
    private bool _isLocked;
    private bool _isMapped = true;

    private FilePages(FileSource file, long offset, AddressRun run)
    {
        File = file;
        _offset = offset;
        _run = run;
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
            : new FilePages(file, offset, new AddressRun(file.Name, (byte*)address, length));
    }

    /// <summary>How many bytes of the pages are in memory now; the others are in swap, or holes.</summary>
    /// <exception cref="SystemCallException">The kernel does not tell.</exception>
    public ulong CountResident()
    {
        byte* answers = stackalloc byte[AnswersPerCall];
        ulong resident = 0;
        for (long done = 0; done < _run.Length; done += AnswersPerCall * PageSize)
        {
            nuint length = (nuint)Math.Min(AnswersPerCall * PageSize, _run.Length - done);
            if (LibC.MInCore(_run.Start + done, length, answers) != 0)
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
        _isLocked = LibC.MLock2(_run.Start, (nuint)_run.Length, LibC.MLockOnFault) == 0;
        _run.Populate(held, LibC.MadvPopulateRead, piece => piece.Lock());
    }

    public void Pin()
    {
        if (!_isLocked)
        {
            _run.Lock();
        }
    }

    public void Empty()
    {
        if (_isMapped)
        {
            _run.Empty();
        }
    }

    public void AddMoves(long offset, ulong destination, ulong pages, PageMoves moves)
    {
        using SafeFileHandle file = System.IO.File.OpenHandle(PageMap.File);
        PageMap.Read(file, (nuint)(_run.Start + offset), pages, destination, moves);
    }

    public void AddTo(Sha256 hash, long offset, long length) => hash.Add(File, _offset + offset, length);

    public void Dispose()
    {
        if (_isMapped)
        {
            _isMapped = false;
            _run.Unmap();
        }
    }
}
