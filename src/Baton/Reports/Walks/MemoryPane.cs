using System.Text;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Walks;

namespace Baton.Reports.Walks;

/// <summary>Memory in hexadecimal: <c>--</c> for a byte that nobody has written, <c>??</c> where there is no memory.</summary>
public static class MemoryPane
{
    private const int BytesInRow = 16;

    /// <summary>Rows of memory, each from a multiple of 16.</summary>
    /// <param name="session">The walk.</param>
    /// <param name="address">The first byte.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="isPhysical">Whether the address is a physical one; else it is what code would use.</param>
    public static IReadOnlyList<PaneLine> Lines(WalkSession session, ulong address, int length, bool isPhysical)
    {
        ArgumentNullException.ThrowIfNull(session);
        List<PaneLine> lines = [];
        ulong last = unchecked(address + (ulong)(length - 1));
        int digits = Math.Max(8, $"{Math.Max(address, last):x}".Length);
        for (ulong row = address & ~(ulong)(BytesInRow - 1); ; row = unchecked(row + BytesInRow))
        {
            lines.Add(Row(session, row, address, last, isPhysical, digits));
            if (unchecked(last - row) < BytesInRow)
            {
                return lines;
            }
        }
    }

    private static PaneLine Row(WalkSession session, ulong row, ulong first, ulong last, bool isPhysical, int digits)
    {
        StringBuilder hex = new();
        StringBuilder text = new();
        for (int i = 0; i < BytesInRow; i++)
        {
            ulong at = row + (ulong)i;
            bool isAsked = unchecked(at - first) <= unchecked(last - first);
            byte? value = null;
            string cell = isAsked ? Read(session, at, isPhysical, out value) : "  ";
            hex.Append(i == BytesInRow / 2 ? "  " : " ").Append(cell);
            text.Append(value is >= 0x20 and < 0x7F ? (char)value : isAsked ? '.' : ' ');
        }

        string address = row.ToString($"x{digits}", System.Globalization.CultureInfo.InvariantCulture);
        return PaneLine.Of($"{address} {hex}  {text}".TrimEnd());
    }

    private static string Read(WalkSession session, ulong address, bool isPhysical, out byte? value)
    {
        PhysicalMemory memory = session.Machine.Processor.Memory;
        PhysicalAddress? place = isPhysical ? new PhysicalAddress(address) : session.Machine.Locate(address);
        value = place is { } known ? memory.Peek(known.Value) : null;
        return value is { } read ? $"{read:x2}" : place is { } some && memory.Ram.Contains(some) ? "--" : "??";
    }
}
