using System.Buffers.Binary;

namespace Baton.Linux.Files;

/// <summary>What tells that two names are one file (statx(2)).</summary>
/// <param name="Device">Major and minor number of its file system.</param>
/// <param name="Inode">Its number there.</param>
internal readonly record struct FileIdentity(ulong Device, ulong Inode)
{
    internal const int StatxSize = 256;
    internal const int InodeOffset = 32;
    internal const int DeviceOffset = 136;

    /// <summary>Asks for it; null where the kernel does not tell (before Linux 4.11).</summary>
    public static unsafe FileIdentity? Of(FileSource file)
    {
        Span<byte> statx = stackalloc byte[StatxSize];
        fixed (byte* address = statx)
        {
            int handle = (int)file.Handle.DangerousGetHandle();
            return LibC.StatX(handle, "", LibC.AtEmptyPath, LibC.StatxInode, address) == 0
                ? Read(statx)
                : null;
        }
    }

    /// <summary>Takes it from an answer of statx(2), of <see cref="StatxSize"/> bytes.</summary>
    internal static FileIdentity Read(ReadOnlySpan<byte> statx) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(statx[DeviceOffset..]),
        BinaryPrimitives.ReadUInt64LittleEndian(statx[InodeOffset..]));
}
