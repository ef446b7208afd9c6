using System.Globalization;
using Baton.Proofs;
using Iced.Intel;

namespace Baton.Reports;

/// <summary>x86 machine code as text, in the syntax of the Intel manuals.</summary>
public static class X64Listing
{
    /// <summary>Disassembles instructions until the bytes end: address, bytes, text.</summary>
    /// <param name="code">Machine code.</param>
    /// <param name="bits">The width of the code: 16, 32 or 64.</param>
    /// <param name="address">The linear address of the first byte.</param>
    /// <param name="most">How many instructions at most.</param>
    public static IEnumerable<X64Line> Disassemble(ReadOnlyMemory<byte> code, int bits, ulong address, int most)
    {
        byte[] bytes = code.ToArray();
        Decoder decoder = Decoder.Create(bits, new ByteArrayCodeReader(bytes), address);
        IntelFormatter formatter = new();
        formatter.Options.HexPrefix = "0x";
        formatter.Options.HexSuffix = "";
        formatter.Options.UppercaseHex = false;
        formatter.Options.SpaceAfterOperandSeparator = true;
        formatter.Options.SmallHexNumbersInDecimal = false;
        formatter.Options.BranchLeadingZeros = false;
        StringOutput text = new();
        int offset = 0;
        for (int i = 0; i < most && offset < bytes.Length; i++)
        {
            decoder.Decode(out Instruction instruction);
            int length = Math.Min(instruction.Length, bytes.Length - offset);
            formatter.Format(instruction, text);
            yield return new X64Line(
                unchecked(address + (ulong)offset), bytes.AsMemory(offset, length), text.ToStringAndReset());
            offset += instruction.Length;
        }
    }

    /// <summary>The rows of a report on the instruction at which a crossing ended.</summary>
    internal static IEnumerable<IReadOnlyList<string>> Lines(FailedInstruction failed) =>
        Disassemble(failed.Bytes, failed.Bits, failed.Address, most: 1)
            .Select(line => (IReadOnlyList<string>)[
                string.Create(CultureInfo.InvariantCulture, $"0x{line.Address:x}"),
                Convert.ToHexStringLower(line.Bytes.Span),
                line.Text,
            ]);
}

/// <summary>One instruction of a listing.</summary>
/// <param name="Address">Its linear address.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="Text">Its text.</param>
public sealed record X64Line(ulong Address, ReadOnlyMemory<byte> Bytes, string Text);
