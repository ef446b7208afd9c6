using System.Buffers.Binary;

namespace Baton.EndToEnd;

/// <summary>What kexec-tools gave to kexec_load(2), as guest/kexec-recorder.c wrote it down.</summary>
public sealed class KexecRecord
{
    private readonly List<RecordedSegment> _segments = [];

    public KexecRecord(ReadOnlySpan<byte> bytes)
    {
        Entry = Number(ref bytes);
        Flags = Number(ref bytes);
        for (ulong count = Number(ref bytes); count > 0; count--)
        {
            ulong start = Number(ref bytes);
            ulong length = Number(ref bytes);
            ulong contentLength = Number(ref bytes);
            ulong checksum = Number(ref bytes);
            int kept = checked((int)Number(ref bytes));
            _segments.Add(new RecordedSegment(start, length, contentLength, checksum, bytes[..kept].ToArray()));
            bytes = bytes[kept..];
        }

        Assert.Equal(0, bytes.Length);
    }

    public ulong Entry { get; }

    public ulong Flags { get; }

    public IReadOnlyList<RecordedSegment> Segments => _segments;

    /// <summary>The one segment that starts with a boot_params: it has the setup header's magic at 0x202.</summary>
    public RecordedSegment BootParams =>
        _segments.Single(s => s.Content.Length >= 4096 && s.Content.AsSpan(0x202).StartsWith("HdrS"u8));

    /// <summary>The segment at an address.</summary>
    public RecordedSegment At(ulong start) => _segments.Single(s => s.Start == start);

    private static ulong Number(ref ReadOnlySpan<byte> bytes)
    {
        ulong number = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        bytes = bytes[sizeof(ulong)..];
        return number;
    }
}

/// <summary>A segment of a recorded kexec_load.</summary>
/// <param name="Start">Its destination.</param>
/// <param name="Length">Bytes there (memsz).</param>
/// <param name="ContentLength">Bytes of content (bufsz).</param>
/// <param name="Checksum"><see cref="Probe.ProbeChecksum"/> of the content.</param>
/// <param name="Content">The content's first bytes.</param>
public sealed record RecordedSegment(
    ulong Start, ulong Length, ulong ContentLength, ulong Checksum, byte[] Content);
