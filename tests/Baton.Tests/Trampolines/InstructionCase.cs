using System.Globalization;
using System.Reflection;
using Baton.Trampolines;

namespace Baton.Tests.Trampolines;

/// <summary>One instruction with its operands: what was written, and what a disassembler must read.</summary>
internal sealed record InstructionCase(int Offset, byte[] Bytes, string Call, string Iced, string Objdump)
{
    private const uint SomeAddress = 0x12345678;

    /// <summary>Writes every instruction of the table with every operand that exists in a mode.</summary>
    public static IReadOnlyList<InstructionCase> WriteAll(CodeBits bits, IReadOnlyDictionary<string, string[]> table)
    {
        List<InstructionCase> cases = [];
        foreach (MethodInfo method in Methods)
        {
            string[] texts = table[Signature(method)];
            IEnumerable<object[]> operands = method.GetParameters().Aggregate(
                (IEnumerable<object[]>)[[]],
                (sets, parameter) => sets.SelectMany(
                    set => Values(parameter, method.Name, bits).Select(value => (object[])[.. set, value])));
            foreach (object[] set in operands)
            {
                int offset = cases.Count == 0 ? 0 : cases[^1].Offset + cases[^1].Bytes.Length;
                if (Write(method, set, bits, offset, texts) is { } written)
                {
                    cases.Add(written);
                }
            }
        }

        return cases;
    }

    /// <summary>The methods that write one instruction each.</summary>
    public static IReadOnlyList<MethodInfo> Methods { get; } =
    [
        .. typeof(X64Assembler)
            .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(m => !m.IsSpecialName && m.ReturnType == typeof(void)
                && m.Name is not ("Bind" or "Align") && !m.Name.StartsWith("Data", StringComparison.Ordinal)),
    ];

    public static string Signature(MethodInfo method) =>
        $"{method.Name}({string.Join(", ", method.GetParameters().Select(p => p.ParameterType.Name))})";

    private static InstructionCase? Write(
        MethodInfo method, object[] operands, CodeBits bits, int offset, string[] texts)
    {
        X64Assembler assembler = new((ulong)offset) { Bits = bits };
        Label start = assembler.Here("start");
        object[] arguments = [.. operands.Select(o => o switch
        {
            LabelOperand => start,
            MemoryText { IsLabel: true } => MemoryOperand.At(start),
            MemoryText memory => memory.Operand,
            _ => o,
        })];
        try
        {
            method.Invoke(assembler, arguments);
        }
        catch (TargetInvocationException e) when (e.InnerException is InvalidOperationException)
        {
            // Only in the other mode; that none is lost is checked by the test.
            return null;
        }

        byte[] bytes = assembler.Build();
        string call = $"{Signature(method)}: {string.Join(", ", operands)} in {bits}";
        string[] read = [.. texts.Select(text => Fill(text, method, operands, bits, offset))];
        return new InstructionCase(offset, bytes, call, read[0], read[^1]);
    }

    private static string Fill(string text, MethodInfo method, object[] operands, CodeBits bits, int offset)
    {
        text = text.Replace("{word}", bits == CodeBits.Bits64 ? "qword" : "dword", StringComparison.Ordinal)
            .Replace("{d}", bits == CodeBits.Bits64 ? "" : "d", StringComparison.Ordinal)
            .Replace("{di}", bits == CodeBits.Bits64 ? "rdi" : "edi", StringComparison.Ordinal)
            .Replace("{si}", bits == CodeBits.Bits64 ? "rsi" : "esi", StringComparison.Ordinal);
        for (int i = 0; i < operands.Length; i++)
        {
            bool wide = bits == CodeBits.Bits64
                && (operands[0] is Reg64 || method.Name == "Push");
            string operand = operands[i] switch
            {
                LabelOperand => Hex((ulong)offset),
                MemoryText { IsLabel: true } =>
                    bits == CodeBits.Bits64 ? $"[rip] {Hex((ulong)offset)}" : $"ds:{Hex((ulong)offset)}",
                int number => wide ? Hex(unchecked((ulong)number)) : Hex(unchecked((uint)number)),
                uint number => Hex(number),
                ulong number => Hex(number),
                ushort number => Hex(number),
                object other => other.ToString() ?? "",
            };
            string lower16 = operand[0] == 'r' ? operand[..^1] + "w" : operand[1..];
            text = text.Replace($"{{{i}}}", operand, StringComparison.Ordinal)
                .Replace($"{{{i}:16}}", lower16, StringComparison.Ordinal)
                .Replace($"{{{i}:8}}", Lower8(operand), StringComparison.Ordinal);
        }

        return text;
    }

    /// <summary>A 32-bit register's lowest byte: al, spl, r8b.</summary>
    private static string Lower8(string register) => register switch
    {
        ['r', .., _] => register[..^1] + "b",
        ['e', char letter, 'x'] => $"{letter}l",
        _ => register[1..] + "l",
    };

    private static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    private static IEnumerable<object> Values(ParameterInfo parameter, string method, CodeBits bits) =>
        parameter.ParameterType.Name switch
        {
            nameof(Reg64) => Reg64.All.Cast<object>(),
            nameof(Reg32) => Reg32.All.Cast<object>(),
            nameof(SegmentRegister) => SegmentRegister.All.Cast<object>(),
            nameof(DataSegment) => DataSegment.All.Cast<object>(),
            nameof(ControlRegister) => ControlRegister.All.Cast<object>(),
            nameof(Condition) => Condition.All.Cast<object>(),
            nameof(Label) => [new LabelOperand()],
            nameof(MemoryOperand) => MemoryText.All(bits),
            nameof(Int32) when parameter.Name == "bit" => [0, 1, 7, 8, 31],
            nameof(Int32) when parameter.Name == "count" => [2, 4, 31],
            nameof(Int32) when method == "Push" => [0, 2, 0x10, -1, int.MinValue],
            nameof(Int32) => [0x10, 127, -128, 128, -129, int.MaxValue, int.MinValue],
            nameof(UInt32) => [0x10U, 127U, 128U, 0x80000031U, 0xffffffefU],
            nameof(UInt64) => [0x10UL, 0x1_0000_0000UL, 0xfedc_ba98_7654_3210UL],
            nameof(UInt16) => [(ushort)0x10, (ushort)0x20],
            _ => throw new InvalidOperationException($"no values for a {parameter.ParameterType.Name}"),
        };

    /// <summary>Stands for a label that is bound to the start of the instruction.</summary>
    private sealed record LabelOperand;

    /// <summary>A memory operand with the text that both disassemblers print for it.</summary>
    private sealed record MemoryText(MemoryOperand Operand, string Text, bool IsLabel = false)
    {
        public override string ToString() => Text;

        public static IEnumerable<object> All(CodeBits bits)
        {
            int[] displacements = [0, 1, 127, -128, 128, -129, int.MaxValue, int.MinValue];
            foreach (int displacement in displacements)
            {
                string sum = displacement switch
                {
                    0 => "",
                    > 0 => $"+{Hex((ulong)displacement)}",
                    _ => $"-{Hex((ulong)-(long)displacement)}",
                };
                if (bits == CodeBits.Bits64)
                {
                    foreach (Reg64 register in Reg64.All)
                    {
                        yield return new MemoryText(MemoryOperand.At(register, displacement), $"[{register}{sum}]");
                    }
                }
                else
                {
                    foreach (Reg32 register in Reg32.All.Take(8))
                    {
                        yield return new MemoryText(MemoryOperand.At(register, displacement), $"[{register}{sum}]");
                    }
                }
            }

            yield return new MemoryText(MemoryOperand.At(SomeAddress), $"ds:{Hex(SomeAddress)}");
            yield return new MemoryText(default, "", IsLabel: true);
        }
    }
}
