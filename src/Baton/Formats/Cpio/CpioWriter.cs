using System.Text;
using Baton.Bytes;

namespace Baton.Formats.Cpio;

/// <summary>
/// Writes a "newc" cpio archive, the form in which Linux takes an initramfs. The same calls give the same bytes: all
/// is owned by root and dated 1970. Data are copied from their sources to the stream, a window at a time.
/// </summary>
public sealed class CpioWriter : IDisposable
{
    private const int WindowSize = 1 << 16;

    private readonly Stream _output;
    private long _written;
    private uint _inode;
    private bool _finished;

    /// <param name="output">Where the archive goes; it stays open. Its length must be a multiple of four.</param>
    public CpioWriter(Stream output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
    }

    /// <summary>Adds a directory. Linux wants a directory before what lies in it.</summary>
    /// <param name="path">Relative to the root, without a slash at either end.</param>
    /// <param name="mode">Permission bits.</param>
    public CpioWriter Directory(string path, uint mode = 0x1ed) =>
        Add(new Entry(path, CpioMode.Directory | Permissions(mode)) { Links = 2 });

    /// <summary>Adds a file.</summary>
    /// <param name="path">Relative to the root.</param>
    /// <param name="content">Its bytes; at most 4 GiB - 1.</param>
    /// <param name="mode">Permission bits.</param>
    /// <exception cref="ImageFormatException">The source is too long for the format, or became shorter.</exception>
    public CpioWriter File(string path, IByteSource content, uint mode = 0x1a4)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (content.Length > uint.MaxValue)
        {
            throw new ImageFormatException(
                ImageError.OutOfRange,
                new ImageLocation(content.Name, 0, CpioFields.Filesize.Name),
                $"{content.Length} bytes, and a cpio archive holds files of at most {uint.MaxValue}");
        }

        return Add(new Entry(path, CpioMode.File | Permissions(mode)) { Content = content });
    }

    /// <summary>Adds a small file.</summary>
    public CpioWriter File(string path, ReadOnlyMemory<byte> content, uint mode = 0x1a4) =>
        File(path, new ArraySource(content, path), mode);

    /// <summary>Adds a symbolic link.</summary>
    public CpioWriter Symlink(string path, string target)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        return Add(new Entry(path, CpioMode.Symlink | 0x1ff)
        {
            Content = new ArraySource(Encoding.UTF8.GetBytes(target), path),
        });
    }

    /// <summary>Adds a character device.</summary>
    public CpioWriter Device(string path, uint major, uint minor, uint mode = 0x180) =>
        Add(new Entry(path, CpioMode.CharacterDevice | Permissions(mode)) { Major = major, Minor = minor });

    /// <summary>Adds a block device.</summary>
    public CpioWriter BlockDevice(string path, uint major, uint minor, uint mode = 0x180) =>
        Add(new Entry(path, CpioMode.BlockDevice | Permissions(mode)) { Major = major, Minor = minor });

    /// <summary>Writes the entry that ends the archive; nothing can be added any more.</summary>
    public void Finish()
    {
        if (!_finished)
        {
            Add(new Entry(CpioFields.Trailer, 0));
        }
    }

    /// <summary>Ends the archive if that has not been done. The stream stays open.</summary>
    public void Dispose() => Finish();

    private static uint Permissions(uint mode) =>
        (mode & ~CpioMode.PermissionMask) == 0
            ? mode
            : throw new ArgumentOutOfRangeException(nameof(mode), $"0x{mode:x} has bits that are no permissions");

    private CpioWriter Add(Entry entry)
    {
        if (_finished)
        {
            throw new InvalidOperationException("the archive is finished");
        }

        byte[] name = Encoding.UTF8.GetBytes(entry.Path + "\0");
        if (name.Length is 1 or > CpioFields.PathMax || entry.Path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"\"{entry.Path}\" cannot be a name in an archive", nameof(entry));
        }

        // Until the entry is whole nothing more is written: half an archive must not get a trailer on disposal.
        _finished = true;
        bool trailer = entry.Path == CpioFields.Trailer;
        byte[] header = new byte[CpioFields.HeaderSize];
        Encoding.ASCII.GetBytes(CpioFields.NewcMagic, header);
        CpioFields.Ino.Write(header, trailer ? 0 : ++_inode);
        CpioFields.Mode.Write(header, entry.Mode);
        CpioFields.Uid.Write(header, 0);
        CpioFields.Gid.Write(header, 0);
        CpioFields.Nlink.Write(header, entry.Links);
        CpioFields.Mtime.Write(header, 0);
        CpioFields.Filesize.Write(header, (uint)(entry.Content?.Length ?? 0));
        CpioFields.DevMajor.Write(header, 0);
        CpioFields.DevMinor.Write(header, 0);
        CpioFields.RdevMajor.Write(header, entry.Major);
        CpioFields.RdevMinor.Write(header, entry.Minor);
        CpioFields.Namesize.Write(header, (uint)name.Length);
        CpioFields.Chksum.Write(header, 0);
        Write(header);
        Write(name);
        Pad();
        if (entry.Content is { } content)
        {
            Copy(content);
            Pad();
        }

        _finished = trailer;
        return this;
    }

    private void Copy(IByteSource content)
    {
        byte[] window = new byte[(int)Math.Min(WindowSize, content.Length)];
        for (long offset = 0; offset < content.Length; offset += window.Length)
        {
            Span<byte> part = window.AsSpan(0, (int)Math.Min(window.Length, content.Length - offset));
            content.Read(offset, part);
            Write(part);
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _output.Write(bytes);
        _written += bytes.Length;
    }

    private void Pad()
    {
        ReadOnlySpan<byte> zeros = [0, 0, 0];
        Write(zeros[..(int)(CpioFields.Align(_written) - _written)]);
    }

    private readonly record struct Entry(string Path, uint Mode)
    {
        public IByteSource? Content { get; init; }

        public uint Links { get; init; } = 1;

        public uint Major { get; init; }

        public uint Minor { get; init; }
    }
}
