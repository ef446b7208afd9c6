using System.Buffers.Text;
using Baton.Bytes;

namespace Baton.Machines;

/// <summary>/proc/meminfo.</summary>
public static class MemInfo
{
    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ImageFormatException">MemTotal is missing, or a figure is malformed.</exception>
    public static MemoryTotals Parse(ReadOnlyMemory<byte> bytes, string name)
    {
        ulong? total = null;
        ulong? free = null;
        ulong? available = null;
        ulong? reclaimable = null;
        ulong? slab = null;
        TextFile file = new(name, bytes);
        foreach (TextLine line in file.Lines())
        {
            string[] words = line.Text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            switch (words[0])
            {
                case "MemTotal:":
                    total = Figure(line, words, "MemTotal");
                    break;
                case "MemFree:":
                    free = Figure(line, words, "MemFree");
                    break;
                case "MemAvailable:":
                    available = Figure(line, words, "MemAvailable");
                    break;
                case "KReclaimable:":
                    reclaimable = Figure(line, words, "KReclaimable");
                    break;
                case "SReclaimable:":
                    slab = Figure(line, words, "SReclaimable");
                    break;
                default:
                    break;
            }
        }

        if (total is null)
        {
            throw file.First("MemTotal").Fault(ImageError.Missing, "MemTotal", "there is no line MemTotal");
        }

        // Kernels before 3.14 do not estimate; free memory is what is certainly there. Those before 4.20 have no sum of what they
        // can take back.
        return new MemoryTotals(total.Value, free ?? 0, available ?? free ?? 0) { Reclaimable = reclaimable ?? slab ?? 0 };
    }

    /// <summary>One figure, for those who look often: nothing is allocated.</summary>
    /// <param name="text">The file, or as much of it as has the line.</param>
    /// <param name="name">The line's name with its colon.</param>
    /// <returns>Bytes; null when there is no such line, or no number in it.</returns>
    public static ulong? Find(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        for (int end; !text.IsEmpty; text = text[end..])
        {
            int newline = text.IndexOf((byte)'\n');
            end = newline < 0 ? text.Length : newline + 1;
            if (text.StartsWith(name))
            {
                ReadOnlySpan<byte> figure = text[name.Length..end].TrimStart((byte)' ');
                return Utf8Parser.TryParse(figure, out ulong kibibytes, out _) && kibibytes <= ulong.MaxValue >> 10
                    ? kibibytes << 10
                    : null;
            }
        }

        return null;
    }

    private static ulong Figure(TextLine line, string[] words, string field)
    {
        if (words.Length != 3 || words[2] != "kB")
        {
            throw line.Fault(
                ImageError.BadSyntax, field, $"found {TextLine.Show(line.Text)}, expected \"{field}: N kB\"");
        }

        ulong kibibytes = line.Number(words[1], field);
        return kibibytes <= ulong.MaxValue >> 10
            ? kibibytes << 10
            : throw line.Fault(ImageError.OutOfRange, field, $"{kibibytes} kB are more than 64 bits can count");
    }
}
