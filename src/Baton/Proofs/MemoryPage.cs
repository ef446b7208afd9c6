using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using Baton.Proofs.Devices;

namespace Baton.Proofs;

/// <summary>
/// One page of simulated memory: its bytes, and for each byte whether anybody has written it. Processors keep
/// references to pages in their TLBs and read them here without another look-up; every write goes through
/// <see cref="PhysicalMemory.Write(MemoryPage, int, int, ulong)"/>, which knows guards and keeps the log.
/// </summary>
public sealed class MemoryPage
{
    private const int BitsPerWord = 64;

    private readonly byte[] _bytes = new byte[PhysicalMemory.PageSize];

    /// <summary>A set bit is a byte that nobody has written; null when there is none.</summary>
    private ulong[]? _unwritten;

    internal MemoryPage(ulong number, bool isWritten)
    {
        Number = number;
        if (!isWritten)
        {
            _unwritten = new ulong[PhysicalMemory.PageSize / BitsPerWord];
            Array.Fill(_unwritten, ulong.MaxValue);
        }
    }

    /// <summary>The page's physical address divided by the page size.</summary>
    public ulong Number { get; }

    /// <summary>The physical address of its first byte.</summary>
    public ulong Address => Number * PhysicalMemory.PageSize;

    /// <summary>How often a byte was written since a processor said that it has decoded code here.</summary>
    public int CodeVersion { get; private set; }

    /// <summary>Whether a processor holds decoded instructions of this page.</summary>
    public bool HoldsCode { get; set; }

    /// <summary>Whether a write must be compared with the guards first.</summary>
    internal bool IsGuarded { get; set; }

    /// <summary>Whether only a part of the page is memory.</summary>
    internal bool IsPartial { get; init; }

    /// <summary>What answers here in place of memory; null where there is memory. Such a page is partial.</summary>
    internal IMemoryDevice? Device { get; init; }

    /// <summary>Whether every byte has been written and is memory, so that no read can fail.</summary>
    public bool IsPlain
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _unwritten is null && !IsPartial;
    }

    /// <summary>The bytes; for reports and for reads of a page that <see cref="IsPlain"/>.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    internal Span<byte> Storage => _bytes;

    /// <summary>Reads 1, 2, 4 or 8 bytes, little-endian, whether anybody has written them or not.</summary>
    /// <param name="offset">Bytes from the start of the page; the value must end in it.</param>
    /// <param name="size">1, 2, 4 or 8.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Peek(int offset, int size) => size switch
    {
        8 => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(offset, 8)),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset, 4)),
        2 => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(offset, 2)),
        1 => _bytes[offset],
        _ => throw new ArgumentOutOfRangeException(nameof(size), size, "a value has 1, 2, 4 or 8 bytes"),
    };

    /// <summary>The first byte of a run that nobody has written, as an offset into the page; null when all are.</summary>
    public int? FirstUnwritten(int offset, int length)
    {
        if (_unwritten is null)
        {
            return null;
        }

        for (int i = offset; i < offset + length;)
        {
            ulong word = _unwritten[i / BitsPerWord] >> (i % BitsPerWord);
            if (word != 0)
            {
                int found = i + BitOperations.TrailingZeroCount(word);
                return found < offset + length ? found : null;
            }

            i = (i / BitsPerWord * BitsPerWord) + BitsPerWord;
        }

        return null;
    }

    internal void Store(int offset, int size, ulong value)
    {
        switch (size)
        {
            case 8:
                BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(offset, 8), value);
                break;
            case 4:
                BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(offset, 4), unchecked((uint)value));
                break;
            case 2:
                BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(offset, 2), unchecked((ushort)value));
                break;
            default:
                _bytes[offset] = unchecked((byte)value);
                break;
        }

        if (_unwritten is not null)
        {
            MarkWritten(offset, size);
        }

        if (HoldsCode)
        {
            unchecked
            {
                CodeVersion++;
            }
        }
    }

    /// <summary>Writes a run of bytes; the source may be another place of the same page.</summary>
    internal void Store(int offset, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(offset));
        MarkWritten(offset, bytes.Length);
        if (HoldsCode)
        {
            unchecked
            {
                CodeVersion++;
            }
        }
    }

    internal void MarkWritten(int offset, int length)
    {
        if (_unwritten is null)
        {
            return;
        }

        for (int i = offset; i < offset + length;)
        {
            int bit = i % BitsPerWord;
            int count = Math.Min(BitsPerWord - bit, offset + length - i);
            _unwritten[i / BitsPerWord] &= ~((ulong.MaxValue >> (BitsPerWord - count)) << bit);
            i += count;
        }

        if (_unwritten.AsSpan().IndexOfAnyExcept(0UL) < 0)
        {
            _unwritten = null;
        }
    }
}
