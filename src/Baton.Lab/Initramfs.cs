using System.Text;
using Baton.Bytes;
using Baton.Formats.Cpio;

namespace Baton.Lab;

/// <summary>The files that a kernel unpacks before it starts <c>/init</c>. Directories come by themselves.</summary>
public sealed class Initramfs
{
    private const uint Executable = 0x1ed;

    private readonly SortedDictionary<string, Action<CpioWriter>> _entries = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, IByteSource> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _directories = new(StringComparer.Ordinal);

    /// <param name="hasConsole">
    /// Whether it has /dev/console, where PID 1 finds its standard streams before it can mount anything.
    /// </param>
    public Initramfs(bool hasConsole = true)
    {
        if (hasConsole)
        {
            Directory("dev");
            _entries["dev/console"] = archive => archive.Device("dev/console", major: 5, minor: 1);
        }
    }

    /// <summary>The files by path, without links and devices.</summary>
    public IReadOnlyDictionary<string, IByteSource> Files => _files;

    /// <summary>Adds a file, executable by all.</summary>
    /// <param name="path">Relative to the root: <c>bin/busybox</c>.</param>
    /// <param name="content">Its bytes, read when the archive is written.</param>
    public Initramfs Add(string path, IByteSource content)
    {
        _files[path] = content;
        return Entry(path, archive => archive.File(path, content, Executable));
    }

    /// <summary>Adds a small file, executable by all.</summary>
    public Initramfs Add(string path, byte[] content) => Add(path, new ArraySource(content, path));

    /// <summary>Adds a small file of text, executable by all.</summary>
    public Initramfs Add(string path, string text) => Add(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Adds an empty directory.</summary>
    public Initramfs Directory(string path)
    {
        if (_directories.Add(path))
        {
            Entry(path, archive => archive.Directory(path));
        }

        return this;
    }

    /// <summary>Adds a symbolic link.</summary>
    public Initramfs Link(string path, string target) =>
        Entry(path, archive => archive.Symlink(path, target));

    /// <summary>Writes the archive; the same files give the same bytes.</summary>
    public void Write(Stream output)
    {
        // Ordinal order puts a directory before what lies in it, as the kernel wants.
        using CpioWriter archive = new(output);
        foreach (Action<CpioWriter> entry in _entries.Values)
        {
            entry(archive);
        }
    }

    /// <summary>Writes the archive to a file.</summary>
    public void Save(string file)
    {
        using FileStream output = new(file, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        Write(output);
    }

    /// <summary>The archive as bytes.</summary>
    public byte[] ToArray()
    {
        using MemoryStream output = new();
        Write(output);
        return output.ToArray();
    }

    /// <exception cref="ArgumentException">Something other than a directory is where one is needed, or the reverse.</exception>
    private Initramfs Entry(string path, Action<CpioWriter> write)
    {
        for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            Directory(path[..slash]);
        }

        // What lies behind a link may not be there yet when the kernel comes to it, and it goes on without a word.
        bool isDirectory = _directories.Contains(path);
        if (_entries.ContainsKey(path) && isDirectory)
        {
            throw new ArgumentException($"\"{path}\" is a directory and something else in one initramfs", nameof(path));
        }

        _entries[path] = write;
        return this;
    }
}
