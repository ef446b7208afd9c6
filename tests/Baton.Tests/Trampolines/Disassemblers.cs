using System.Globalization;
using System.Text.RegularExpressions;
using Baton.Tests.Formats;
using Baton.Trampolines;
using Iced.Intel;
using Encoding = System.Text.Encoding;

namespace Baton.Tests.Trampolines;

/// <summary>Two foreign readers of machine code, brought to one spelling.</summary>
internal static partial class Disassemblers
{
    /// <summary>Reads code with Iced: the instruction at each offset.</summary>
    public static Dictionary<int, (string Text, int Length)> Iced(byte[] code, CodeBits bits, ulong origin = 0)
    {
        IntelFormatter formatter = new();
        formatter.Options.HexPrefix = "0x";
        formatter.Options.HexSuffix = "";
        formatter.Options.UppercaseHex = false;
        formatter.Options.SmallHexNumbersInDecimal = false;
        formatter.Options.AddLeadingZeroToHexNumbers = false;
        formatter.Options.MemorySizeOptions = MemorySizeOptions.Always;
        formatter.Options.RipRelativeAddresses = false;
        formatter.Options.BranchLeadingZeros = false;
        formatter.Options.ShowBranchSize = false;
        Dictionary<int, (string, int)> lines = [];
        Decoder decoder = Decoder.Create(bits == CodeBits.Bits64 ? 64 : 32, code, origin);
        StringOutput output = new();
        while (decoder.IP - origin < (ulong)code.Length)
        {
            Instruction instruction = decoder.Decode();
            formatter.Format(instruction, output);
            string text = output.ToStringAndReset();
            if (instruction.IsIPRelativeMemoryOperand)
            {
                text = AnyMemory().Replace(text, $"[rip] 0x{instruction.IPRelativeMemoryAddress:x}");
            }

            lines[(int)(instruction.IP - origin)] = (OneSpelling(text), instruction.Length);
        }

        return lines;
    }

    /// <summary>Reads code with objdump, in one run.</summary>
    public static Dictionary<int, (string Text, int Length)> Objdump(byte[] code, CodeBits bits, ulong origin = 0)
    {
        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        string file = folder.File("code");
        File.WriteAllBytes(file, code);
        string listing = Encoding.UTF8.GetString(ForeignTool.Run(
            "objdump",
            [
                "-D", "-b", "binary", "-M", "intel", "-w", "--insn-width=16",
                "-m", bits == CodeBits.Bits64 ? "i386:x86-64" : "i386",
                $"--adjust-vma=0x{origin:x}", file,
            ]));
        Dictionary<int, (string, int)> lines = [];
        foreach (Match line in ObjdumpLine().Matches(listing))
        {
            ulong address = ulong.Parse(line.Groups["address"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            int length = line.Groups["bytes"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
            string text = RipRelative().Replace(line.Groups["text"].Value, "[rip] $2$1");
            lines[(int)(address - origin)] = (OneSpelling(text), length);
        }

        return lines;
    }

    /// <summary>Takes away what is nothing but spelling.</summary>
    private static string OneSpelling(string text)
    {
        text = Spaces().Replace(text.ToLowerInvariant(), " ").Trim();
        return FlatAddress().Replace(text, "ds:$1").Replace(", ", ",", StringComparison.Ordinal)
            .Replace("+0x0]", "]", StringComparison.Ordinal);
    }

    [GeneratedRegex(
        @"^\s*(?<address>[0-9a-f]+):\t(?<bytes>(?:[0-9a-f]{2} )+)\s*\t(?<text>.*)$", RegexOptions.Multiline)]
    private static partial Regex ObjdumpLine();

    [GeneratedRegex(@"\[rip[+-]0x[0-9a-f]+\](.*?)\s+# (0x[0-9a-f]+)")]
    private static partial Regex RipRelative();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex AnyMemory();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"(?:ds:)?\[(0x[0-9a-f]+)\]")]
    private static partial Regex FlatAddress();
}
