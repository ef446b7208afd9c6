using Baton.Bytes;
using Baton.Compression;
using Baton.Formats.Compression;
using Baton.Linux.Gathers;
using Baton.Linux.Http;

namespace Baton.Cli;

/// <summary>An initrd that arrives as a stream: from a server, on standard input, or out of a decompressor.</summary>
internal static class StreamedInitrd
{
    /// <summary>The name of standard input.</summary>
    public const string StandardInput = "-";

    private const int ChunkSize = 1 << 20;

    /// <summary>Whether a name is no file that could be mapped.</summary>
    public static bool IsNoFile(string name) => name == StandardInput || HttpDownloadStream.IsAddress(name);

    /// <summary>Reads it into pinned pages, up to its end.</summary>
    /// <param name="name">An address, <c>-</c>, or a file.</param>
    /// <param name="wishes">What is done on the way.</param>
    /// <param name="isDigested">Whether the whole is compared with a digest.</param>
    /// <param name="memory">Where it goes; empty.</param>
    /// <exception cref="IOException">The data do not come, or not all.</exception>
    /// <exception cref="ImageFormatException">They cannot be unpacked.</exception>
    /// <exception cref="InsufficientMemoryException">The machine has no room for them.</exception>
    public static PinnedSource Collect(string name, StreamWishes wishes, bool isDigested, PinnedMemory memory)
    {
        using Stream arriving = Open(name, wishes, isDigested, out long? total);
        using CountedStream counted = new(arriving);
        memory.Expected = wishes.Decompress ? 0 : total ?? 0;
        using Stream source = wishes.Decompress ? Codecs.OpenAll(counted, new UnpackRules(name, long.MaxValue)) : counted;
        StreamProgress progress = new(wishes.Environment, name, total);
        byte[] first = new byte[4096];
        while (true)
        {
            // Where all that was expected is there, no memory is taken only to find the end.
            if (memory.Room == 0)
            {
                int more = source.Read(first);
                if (more == 0)
                {
                    break;
                }

                memory.Append(first.AsSpan(0, more));
                continue;
            }

            Span<byte> next = memory.Next((int)Math.Min(ChunkSize, memory.Room));
            int read = source.Read(next);
            memory.Shorten(next.Length - read);
            if (read == 0)
            {
                break;
            }

            progress.Show(counted.Count);
        }

        memory.Finish();
        progress.End(counted.Count);
        return new PinnedSource(memory, name);
    }

    private static Stream Open(string name, StreamWishes wishes, bool isDigested, out long? total)
    {
        if (name == StandardInput)
        {
            total = null;
            return Console.OpenStandardInput();
        }

        if (HttpDownloadStream.IsAddress(name))
        {
            HttpDownloadStream download = HttpDownloadStream.Open(
                name,
                new HttpOptions { CaFile = wishes.CaFile, IsDigested = isDigested },
                line => wishes.Environment.Error.WriteLine($"baton: {line}"));
            total = download.Total;
            return download;
        }

        FileStream file = File.OpenRead(name);
        total = file.Length;
        return file;
    }
}
