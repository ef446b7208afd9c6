using System.Globalization;
using Baton.Proofs.Walks;

namespace Baton.Cli.Walks;

/// <summary>
/// Addresses as they are typed: hexadecimal with or without 0x, a register, a segment of the handoff, <c>entry</c>, and
/// sums and differences of these: <c>rsp+10</c>, <c>kernel+200</c>, <c>entry-8</c>.
/// </summary>
internal static class WalkAddress
{
    /// <exception cref="WalkMistakeException">It is none.</exception>
    public static ulong Read(string text, WalkSession session)
    {
        ulong sum = 0;
        bool isMinus = false;
        int start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] is not ('+' or '-'))
            {
                continue;
            }

            ulong term = ReadTerm(text[start..i], text, session);
            sum = unchecked(isMinus ? sum - term : sum + term);
            isMinus = i < text.Length && text[i] == '-';
            start = i + 1;
        }

        return sum;
    }

    /// <summary>A count: decimal, or hexadecimal with 0x.</summary>
    /// <exception cref="WalkMistakeException">It is none, or 0.</exception>
    public static ulong ReadCount(string text)
    {
        bool isNumber = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? TryReadHex(text, out ulong count)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count);
        return isNumber && count > 0
            ? count
            : throw new WalkMistakeException($"\"{text}\" is not a count: give a number above 0, in decimal");
    }

    private static ulong ReadTerm(string term, string whole, WalkSession session)
    {
        if (term.Length > 0)
        {
            if (session.Machine.AddressIn(term) is { } register)
            {
                return register;
            }

            if (string.Equals(term, "entry", StringComparison.OrdinalIgnoreCase) && session.Entry is { } entry)
            {
                return entry;
            }

            if (PlaceNames.StartOf(session.Machine.Processor.Memory, term) is { } place)
            {
                return place.Value;
            }

            if (TryReadHex(term, out ulong value))
            {
                return value;
            }
        }

        throw new WalkMistakeException(
            $"\"{whole}\" is not an address: give hexadecimal digits, a register, a segment's name or \"entry\"");
    }

    private static bool TryReadHex(string text, out ulong value)
    {
        string digits = text.Replace("_", "", StringComparison.Ordinal);
        return ulong.TryParse(
            digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? digits[2..] : digits,
            NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture,
            out value);
    }
}
