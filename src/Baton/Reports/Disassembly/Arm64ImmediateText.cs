using System.Globalization;
using Baton.Proofs.Arm64;

namespace Baton.Reports.Disassembly;

/// <summary>Data processing with an immediate.</summary>
internal static class Arm64ImmediateText
{
    private const int HalfwordBits = 16;

    public static string Of(Arm64Operation operation, Arm64Word word) => operation switch
    {
        Arm64Operation.PcRelative => $"adr {Arm64Word.X(word.D)}, {word.Target(RelativeOffset(word))}",
        Arm64Operation.PageRelative => $"adrp {Arm64Word.X(word.D)}, {Page(word)}",
        >= Arm64Operation.AddImmediate and <= Arm64Operation.SubsImmediate => AddSub(word),
        >= Arm64Operation.AndImmediate and <= Arm64Operation.AndsImmediate => Logical(operation, word),
        Arm64Operation.MoveWide or Arm64Operation.MoveKeep => MoveWide(word),
        Arm64Operation.Bfm => BitfieldInsert(word),
        Arm64Operation.Sbfm or Arm64Operation.Ubfm => Bitfield(operation == Arm64Operation.Sbfm, word),
        _ when word.N == word.M => $"ror {word.R(word.D)}, {word.R(word.N)}, {Arm64Word.Number(word.Bits(15, 10))}",
        _ => $"extr {word.R(word.D)}, {word.R(word.N)}, {word.R(word.M)}, {Arm64Word.Number(word.Bits(15, 10))}",
    };

    private static long RelativeOffset(Arm64Word word) => (word.Signed(23, 5) << 2) | word.Bits(30, 29);

    private static string Page(Arm64Word word)
    {
        const ulong mask = 0xfff;
        ulong page = unchecked((word.Address & ~mask) + (ulong)(RelativeOffset(word) << 12));
        return string.Create(CultureInfo.InvariantCulture, $"0x{page:x}");
    }

    private static string AddSub(Arm64Word word)
    {
        bool setsFlags = word.Bit(29) != 0;
        bool isSub = word.Bit(30) != 0;
        uint immediate = word.Bits(21, 10);
        bool isShifted = word.Bit(22) != 0;
        string n = word.ROrStack(word.N);
        string last = $"{Arm64Word.Number(immediate)}{(isShifted ? ", lsl #12" : "")}";
        if (setsFlags && word.D == Arm64Word.Zero)
        {
            return $"{(isSub ? "cmp" : "cmn")} {n}, {last}";
        }

        bool touchesStack = word.D == Arm64Word.Zero || word.N == Arm64Word.Zero;
        if (!setsFlags && !isSub && immediate == 0 && !isShifted && touchesStack)
        {
            return $"mov {word.ROrStack(word.D)}, {n}";
        }

        string d = setsFlags ? word.R(word.D) : word.ROrStack(word.D);
        return $"{(isSub ? "sub" : "add")}{(setsFlags ? "s" : "")} {d}, {n}, {last}";
    }

    private static string Logical(Arm64Operation operation, Arm64Word word)
    {
        LogicalImmediate.TryDecode(word.Bit(22), word.Bits(15, 10), word.Bits(21, 16), true, out ulong mask, out _);
        ulong value = word.Is64 ? mask : mask & uint.MaxValue;
        string last = Arm64Word.Number(value);
        string d = word.ROrStack(word.D);
        return operation switch
        {
            Arm64Operation.AndsImmediate when word.D == Arm64Word.Zero => $"tst {word.R(word.N)}, {last}",
            Arm64Operation.AndsImmediate => $"ands {word.R(word.D)}, {word.R(word.N)}, {last}",
            Arm64Operation.OrrImmediate when word.N == Arm64Word.Zero && !IsMoveWide(value, word.Width) => $"mov {d}, {last}",
            Arm64Operation.OrrImmediate => $"orr {d}, {word.R(word.N)}, {last}",
            Arm64Operation.EorImmediate => $"eor {d}, {word.R(word.N)}, {last}",
            _ => $"and {d}, {word.R(word.N)}, {last}",
        };
    }

    private static string MoveWide(Arm64Word word)
    {
        uint field = word.Bits(20, 5);
        int shift = (int)word.Bits(22, 21) * HalfwordBits;
        ulong width = word.Is64 ? ulong.MaxValue : uint.MaxValue;
        ulong value = (ulong)field << shift;
        string name = word.Bits(30, 29) switch { 0b00 => "movn", 0b10 => "movz", _ => "movk" };
        bool isCanonical = field != 0 || shift == 0;
        if (name == "movz" && isCanonical)
        {
            return $"mov {word.R(word.D)}, {Arm64Word.Number(value)}";
        }

        if (name == "movn" && isCanonical && !IsOneHalfword(~value & width, word.Width))
        {
            return $"mov {word.R(word.D)}, {Arm64Word.Number(~value & width)}";
        }

        string shifted = shift == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", lsl #{shift}");
        return $"{name} {word.R(word.D)}, {Arm64Word.Number(field)}{shifted}";
    }

    private static string Bitfield(bool isSigned, Arm64Word word)
    {
        int rotation = (int)word.Bits(21, 16);
        int top = (int)word.Bits(15, 10);
        int last = word.Width - 1;
        string sign = isSigned ? "s" : "u";
        string? extension = (rotation, top) switch
        {
            (0, 7) when isSigned || !word.Is64 => "xtb",
            (0, 15) when isSigned || !word.Is64 => "xth",
            (0, 31) when isSigned && word.Is64 => "xtw",
            _ => null,
        };
        if (extension is not null)
        {
            return $"{sign}{extension} {word.R(word.D)}, {Arm64Word.W(word.N)}";
        }

        string registers = $"{word.R(word.D)}, {word.R(word.N)}";
        if (!isSigned && top != last && top + 1 == rotation)
        {
            return $"lsl {registers}, {Number(last - top)}";
        }

        if (top == last)
        {
            return $"{(isSigned ? "asr" : "lsr")} {registers}, {Number(rotation)}";
        }

        return top < rotation
            ? $"{sign}bfiz {registers}, {Number(word.Width - rotation)}, {Number(top + 1)}"
            : $"{sign}bfx {registers}, {Number(rotation)}, {Number(top - rotation + 1)}";
    }

    private static string BitfieldInsert(Arm64Word word)
    {
        int rotation = (int)word.Bits(21, 16);
        int top = (int)word.Bits(15, 10);
        int low = (word.Width - rotation) % word.Width;
        if (word.N == Arm64Word.Zero && (rotation == 0 || top < rotation))
        {
            return $"bfc {word.R(word.D)}, {Number(low)}, {Number(top + 1)}";
        }

        string registers = $"{word.R(word.D)}, {word.R(word.N)}";
        return top < rotation
            ? $"bfi {registers}, {Number(low)}, {Number(top + 1)}"
            : $"bfxil {registers}, {Number(rotation)}, {Number(top - rotation + 1)}";
    }

    /// <summary>Whether a value would be written by MOVZ or MOVN instead (MoveWidePreferred of the manual).</summary>
    private static bool IsMoveWide(ulong value, int width) =>
        IsOneHalfword(value, width) || IsOneHalfword(~value & (width == 64 ? ulong.MaxValue : uint.MaxValue), width);

    private static bool IsOneHalfword(ulong value, int width)
    {
        for (int shift = 0; shift < width; shift += HalfwordBits)
        {
            if ((value & ~(0xffffUL << shift)) == 0)
            {
                return true;
            }
        }

        return false;
    }

    private static string Number(int value) => Arm64Word.Number((ulong)value);
}
