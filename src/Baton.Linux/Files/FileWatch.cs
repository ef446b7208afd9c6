using System.Runtime.InteropServices;
using Baton.Bytes;

namespace Baton.Linux.Files;

/// <summary>
/// Sees to it that a file is as it was when it was opened, and stays so while it is loaded. Where the file system gives
/// read leases, nobody can open the file for writing meanwhile (a writer waits, at most /proc/sys/fs/lease-break-time);
/// before that, and elsewhere, a change is noticed by size and times.
/// </summary>
internal sealed class FileWatch : IDisposable
{
    private readonly FileSource _file;
    /// <exception cref="ImageFormatException"><see cref="ImageError.Changed"/>: somebody has it open for writing.</exception>
    public FileWatch(FileSource file)
    {
        _file = file;
        int descriptor = (int)file.Handle.DangerousGetHandle();

        // SIGIO, sent when a lease is to be broken, would end this process; SIGURG is ignored by default.
        _ = LibC.Fcntl(descriptor, LibC.FSetSig, LibC.SigUrg);
        if (LibC.Fcntl(descriptor, LibC.FSetLease, LibC.FRdLock) == 0)
        {
            HasLease = true;
        }
        else if ((Errno)Marshal.GetLastPInvokeError() == Errno.EAGAIN)
        {
            throw new ImageFormatException(
                ImageError.Changed,
                new ImageLocation(file.Name, 0, "file"),
                "another process has the file open for writing; load it when it is complete");
        }
    }

    /// <summary>Whether the kernel keeps writers away; otherwise a change can only be noticed.</summary>
    public bool HasLease { get; }

    /// <summary>Whether nobody has asked since to write: who asks has to wait, though not for ever.</summary>
    public bool IsUndisputed =>
        HasLease && LibC.Fcntl((int)_file.Handle.DangerousGetHandle(), LibC.FGetLease, 0) == LibC.FRdLock;

    /// <summary>Whether the file's size or time of modification differ from what they were when it was opened.</summary>
    public bool HasChanged =>
        RandomAccess.GetLength(_file.Handle) != _file.Length || File.GetLastWriteTimeUtc(_file.Handle) != _file.Written;

    public void Dispose()
    {
        if (HasLease && !_file.Handle.IsClosed)
        {
            _ = LibC.Fcntl((int)_file.Handle.DangerousGetHandle(), LibC.FSetLease, LibC.FUnlock);
        }
    }
}
