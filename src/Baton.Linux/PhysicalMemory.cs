using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Memory;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux;

/// <summary>
/// Reads physical memory. /dev/mem shows what is no RAM to the running kernel, and with CONFIG_STRICT_DEVMEM nothing else;
/// /proc/kcore shows RAM, as a core file whose program headers say where each part lies. Root may read both, unless the
/// kernel is locked down.
/// </summary>
internal static class PhysicalMemory
{
    private const string DevMem = "dev/mem";
    private const string KCore = "proc/kcore";
    private const uint Load = 1;

    /// <summary>Reads a range that lies in one of the two; null when neither shows it.</summary>
    /// <param name="root">Where dev and proc are.</param>
    /// <param name="range">At most 1 MiB.</param>
    public static byte[]? Read(string root, PhysicalRange range)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(range.Length, 1UL << 20);
        return ReadAt(Path.Join(root, DevMem), _ => (long)range.Start.Value, range.Length)
            ?? ReadAt(Path.Join(root, KCore), file => Find(file, range), range.Length);
    }

    private static byte[]? ReadAt(string path, Func<SafeFileHandle, long?> place, ulong length)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[length];
            return place(file) is { } offset && Fill(file, bytes, offset) ? bytes : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Where a core file has a range; null when it has not.</summary>
    private static long? Find(SafeFileHandle file, PhysicalRange range)
    {
        byte[] header = new byte[ElfFields.HeaderSize];
        if (!Fill(file, header, 0) || ElfFields.Magic.Read(new ByteView(header, KCore)) != ElfFields.MagicValue)
        {
            return null;
        }

        ByteView head = new(header, KCore);
        byte[] table = new byte[ElfFields.Phnum.Read(head) * ElfFields.ProgramHeaderSize];
        if (!Fill(file, table, (long)ElfFields.Phoff.Read(head)))
        {
            return null;
        }

        ByteView segments = new(table, KCore);
        for (int at = 0; at < table.Length; at += ElfFields.ProgramHeaderSize)
        {
            PhysicalAddress start = new(ElfFields.PPaddr.ReadAt(segments, at));
            ulong size = ElfFields.PFilesz.ReadAt(segments, at);
            if (ElfFields.PType.ReadAt(segments, at) == Load && PhysicalRange.Fits(start, size)
                && new PhysicalRange(start, size).Contains(range))
            {
                return (long)(ElfFields.POffset.ReadAt(segments, at) + (range.Start.Value - start.Value));
            }
        }

        return null;
    }

    private static bool Fill(SafeFileHandle file, byte[] bytes, long offset)
    {
        int done = 0;
        while (done < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(done), offset + done) is > 0 and int count)
        {
            done += count;
        }

        return done == bytes.Length;
    }
}
