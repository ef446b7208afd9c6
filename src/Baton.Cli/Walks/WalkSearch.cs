using System.Text;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Walks;
using Baton.Reports.Walks;

namespace Baton.Cli.Walks;

/// <summary>The search of a walk: bytes or text in all of memory; said again without words, it goes on.</summary>
internal sealed class WalkSearch
{
    private const int HitsAtOnce = 8;

    private byte[]? _wanted;
    private PhysicalAddress _from;

    /// <summary>Looks for what the words say, or goes on with the last search.</summary>
    /// <param name="words">Bytes in hexadecimal, or text in quotes; empty to go on.</param>
    /// <param name="memory">Where to look.</param>
    /// <exception cref="WalkMistakeException">The words are neither.</exception>
    public IReadOnlyList<PaneLine> Find(string words, PhysicalMemory memory)
    {
        if (words.Length > 0)
        {
            _wanted = Read(words);
            _from = PhysicalAddress.Zero;
        }

        if (_wanted is not { } wanted)
        {
            throw new WalkMistakeException("nothing to look for yet: give bytes (find 0f 22 d8) or text (find \"Linux\")");
        }

        List<PhysicalAddress> hits = [.. MemorySearch.Find(memory, wanted, _from).Take(HitsAtOnce)];
        if (hits.Count == 0)
        {
            return [PaneLine.Of(_from == PhysicalAddress.Zero ? "not found" : "not found again")];
        }

        _from = hits[^1] + 1;
        return
        [
            .. hits.Select(hit => PaneLine.Of(
                $"{hit}{(PlaceNames.NameOf(memory, hit) is { } name ? $"  {name}" : "")}")),
            .. hits.Count == HitsAtOnce ? (PaneLine[])[PaneLine.Of("there may be more: find")] : [],
        ];
    }

    private static byte[] Read(string words)
    {
        if (words[0] == '"')
        {
            string text = words.Length > 1 && words[^1] == '"' ? words[1..^1] : words[1..];
            return text.Length > 0 ? Encoding.UTF8.GetBytes(text) : throw new WalkMistakeException("no text between the quotes");
        }

        string digits = string.Concat(words.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return digits.Length % 2 == 0 && digits.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(digits)
            : throw new WalkMistakeException(
                $"\"{words}\" are no bytes: give two hexadecimal digits a byte, or text in quotes");
    }
}
