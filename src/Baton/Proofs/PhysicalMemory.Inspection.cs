using System.Text;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Proofs;

/// <content>Looking at memory as a whole, without a trace in it: no page comes into being.</content>
public sealed partial class PhysicalMemory
{
    /// <summary>Where somebody may have written: what was loaded, and every page that was touched.</summary>
    public RangeSet Known =>
        RangeSet.Of(_loaded.Select(segment => segment.Destination).Concat(_pages.Keys.Select(RangeOf))).Intersect(Ram);

    /// <summary>Copies bytes as they are, across pages; zeros where there is no memory or nobody has written.</summary>
    public void Copy(ulong address, Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length;)
        {
            ulong at = unchecked(address + (ulong)i);
            int offset = (int)(at % PageSize);
            int length = Math.Min(bytes.Length - i, PageSize - offset);
            Span<byte> piece = bytes.Slice(i, length);
            if (_pages.TryGetValue(at / PageSize, out MemoryPage? page))
            {
                page.Bytes.Slice(offset, length).CopyTo(piece);
            }
            else
            {
                piece.Clear();
                if (PhysicalRange.Fits(new PhysicalAddress(at), (ulong)length))
                {
                    CopyLoaded(new PhysicalRange(new PhysicalAddress(at), (ulong)length), piece);
                }
            }

            i += length;
        }
    }

    /// <summary>Reads text up to its NUL; null when it is longer than <paramref name="limit"/> bytes or not written.</summary>
    public string? ReadText(ulong address, int limit)
    {
        List<byte> text = [];
        for (ulong at = address; text.Count <= limit; at++)
        {
            switch (Peek(at))
            {
                case null:
                    return null;
                case 0:
                    return Encoding.UTF8.GetString([.. text]);
                case { } value:
                    text.Add(value);
                    break;
            }
        }

        return null;
    }

    private void CopyLoaded(PhysicalRange range, Span<byte> bytes)
    {
        foreach (Segment segment in _loaded)
        {
            if (segment.Destination.Intersect(range) is { } shared)
            {
                segment.Content.Read(
                    (long)(shared.Start - segment.Destination.Start),
                    bytes.Slice((int)(shared.Start - range.Start), (int)shared.Length));
            }
        }
    }
}
