using Baton.Bytes;
using Baton.Handoffs;
using Baton.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Kexec;

/// <summary>
/// Gives files to kexec_file_load(2): the running kernel parses, places and builds, and checks signatures where it is
/// told to. The call takes one initrd, so several are joined in memory first.
/// </summary>
public sealed class KexecFileLoadCarrier(IKexecCalls calls)
{
    /// <summary>Loads a kernel with an initrd and a command line in place of what was loaded before.</summary>
    /// <param name="kernel">The kernel's file.</param>
    /// <param name="initrd">The initrd; null for none.</param>
    /// <param name="commandLine">The command line without a NUL.</param>
    /// <exception cref="SystemCallException">The kernel refused; what was loaded before still is.</exception>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Changed"/>: as for kexec_load.</exception>
    public void Load(FileSource kernel, SegmentContent? initrd, string commandLine)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentNullException.ThrowIfNull(commandLine);
        IEnumerable<FileSource> files = initrd is null ? [kernel] : [kernel, .. FileWatches.FilesOf(initrd)];
        using FileWatches watches = new(files);
        if (initrd is null)
        {
            calls.LoadFile(kernel.Handle, null, commandLine);
        }
        else if (initrd is { Parts: [{ Source: FileSource only, SourceOffset: 0, Offset: 0 } part] }
            && part.Length == only.Length)
        {
            calls.LoadFile(kernel.Handle, only.Handle, commandLine);
        }
        else
        {
            using SafeFileHandle joined = Join(initrd);
            calls.LoadFile(kernel.Handle, joined, commandLine);
        }

        watches.UnloadIfChanged(calls);
    }

    /// <summary>Copies the content into a file in memory; gaps stay holes, which read as zeros.</summary>
    private static SafeFileHandle Join(SegmentContent content)
    {
        int descriptor = LibC.MemFdCreate("baton-initrd", 0);
        if (descriptor < 0)
        {
            throw SystemCallException.FromLastError("memfd_create(\"baton-initrd\", 0)");
        }

        SafeFileHandle file = new(descriptor, ownsHandle: true);
        byte[] buffer = new byte[1 << 18];
        foreach (ContentPart part in content.Parts)
        {
            for (long done = 0; done < part.Length; done += buffer.Length)
            {
                Span<byte> piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, part.Length - done));
                part.Source.Read(part.SourceOffset + done, piece);
                RandomAccess.Write(file, piece, part.Offset + done);
            }
        }

        return file;
    }
}
