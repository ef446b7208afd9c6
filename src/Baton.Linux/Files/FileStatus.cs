using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Baton.Linux.Files;

/// <summary>What a name leads to.</summary>
internal enum FileKind
{
    /// <summary>Nothing.</summary>
    Absent,

    /// <summary>The kernel does not tell (before Linux 4.11), or not to this user; opening it will.</summary>
    Unknown,

    Regular,
    Directory,
    SymbolicLink,
    Pipe,
    CharacterDevice,
    BlockDevice,
    Socket,
}

/// <summary>What can be known of a file without opening it, which would wait for a pipe's other end (statx(2)).</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Identity">By which two names are known to be one file; null where there is none or it is not told.</param>
internal readonly record struct FileStatus(FileKind Kind, FileIdentity? Identity)
{
    /// <summary>Where struct statx has stx_mode, 16 bits.</summary>
    internal const int ModeOffset = 28;

    private const int TypeShift = 12;

    /// <summary>What it is, for people: <c>a pipe</c>.</summary>
    public string Words => Kind switch
    {
        FileKind.Absent => "not there",
        FileKind.Regular => "a file",
        FileKind.Directory => "a directory",
        FileKind.SymbolicLink => "a symbolic link",
        FileKind.Pipe => "a pipe",
        FileKind.CharacterDevice => "a character device",
        FileKind.BlockDevice => "a block device",
        FileKind.Socket => "a socket",
        _ => "something that cannot be looked at",
    };

    /// <summary>Asks for it.</summary>
    /// <param name="path">The name.</param>
    /// <param name="followsLink">Whether a link at its end is followed.</param>
    public static unsafe FileStatus Of(string path, bool followsLink)
    {
        Span<byte> statx = stackalloc byte[FileIdentity.StatxSize];
        fixed (byte* address = statx)
        {
            int flags = followsLink ? 0 : LibC.AtSymlinkNoFollow;
            if (LibC.StatX(LibC.AtCurrentDirectory, path, flags, LibC.StatxType | LibC.StatxInode, address) != 0)
            {
                bool isAbsent = (Errno)Marshal.GetLastPInvokeError() is Errno.ENOENT or Errno.ENOTDIR;
                return new FileStatus(isAbsent ? FileKind.Absent : FileKind.Unknown, null);
            }
        }

        return new FileStatus(KindOf(BinaryPrimitives.ReadUInt16LittleEndian(statx[ModeOffset..])), FileIdentity.Read(statx));
    }

    /// <summary>The type in a mode: the S_IF* of &lt;sys/stat.h&gt;.</summary>
    private static FileKind KindOf(int mode) => (mode >> TypeShift) switch
    {
        1 => FileKind.Pipe,
        2 => FileKind.CharacterDevice,
        4 => FileKind.Directory,
        6 => FileKind.BlockDevice,
        8 => FileKind.Regular,
        10 => FileKind.SymbolicLink,
        12 => FileKind.Socket,
        _ => FileKind.Unknown,
    };
}
