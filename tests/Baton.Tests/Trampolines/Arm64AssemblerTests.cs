using System.Text.RegularExpressions;
using Baton.Tests.Proofs.Arm64;
using Baton.Trampolines;

namespace Baton.Tests.Trampolines;

/// <summary>Every instruction with every register, against what llvm-mc makes of the same line; labels.</summary>
public sealed partial class Arm64AssemblerTests
{
    internal static readonly IReadOnlyDictionary<string, string> Table =
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "vectors", "arm64-assembler.txt"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(" | "))
            .ToDictionary(parts => parts[0], parts => parts[1]);

    [Fact]
    public void The_table_has_a_line_for_each_instruction_and_no_other() =>
        Assert.Equal(
            Arm64InstructionCase.Methods.Select(Arm64InstructionCase.Signature).Order(StringComparer.Ordinal),
            Table.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Llvm_writes_the_same_words()
    {
        Arm64InstructionCase[] cases = [.. Arm64InstructionCase.WriteAll(Table).Where(c => c.Word is not null)];
        uint[] words = LlvmMc.Words([.. cases.Select(c => c.Text)]);
        string[] wrong =
        [
            .. cases.Zip(words).Where(pair => pair.First.Word != pair.Second)
                .Select(pair => $"{pair.First.Text}: {pair.First.Word:x8}, llvm-mc writes {pair.Second:x8}"),
        ];
        Assert.True(wrong.Length == 0, $"{wrong.Length} of {words.Length}:\n" + string.Join('\n', wrong.Take(20)));
        Assert.True(words.Length > 10_000, $"only {words.Length} cases");
    }

    [Fact]
    public void What_is_refused_llvm_refuses_as_well()
    {
        // The manual leaves open what loading a register twice does; llvm-mc 14 says so of the form without write-back alone.
        Arm64InstructionCase[] refused =
            [.. Arm64InstructionCase.WriteAll(Table).Where(c => c.Word is null && !LoadsTwice().IsMatch(c.Text))];
        HashSet<int> errors = LlvmMc.Refused([.. refused.Select(c => c.Text)]);
        string[] written = [.. refused.Where((_, i) => !errors.Contains(i)).Select(c => c.Text)];
        Assert.True(
            written.Length == 0, $"{written.Length} of {refused.Length}:\n" + string.Join('\n', written.Take(20)));
        Assert.NotEmpty(refused);
    }

    [Theory]
    [InlineData(0UL, "movz x9, #0")]
    [InlineData(0x1234UL, "movz x9, #0x1234")]
    [InlineData(0x4020_0000UL, "movz x9, #0; movk x9, #0x4020, lsl #16")]
    [InlineData(0xfedc_0000_7654_3210UL, "movz x9, #0x3210; movk x9, #0x7654, lsl #16; movk x9, #0xfedc, lsl #48")]
    public void A_constant_takes_as_few_parts_as_it_needs(ulong value, string expected)
    {
        Arm64Assembler assembler = new();
        assembler.MovConstant(RegX.X9, value);
        byte[] code = assembler.Build();
        uint[] words = [.. Enumerable.Range(0, code.Length / 4).Select(i => BitConverter.ToUInt32(code, i * 4))];
        Assert.Equal(LlvmMc.Words(expected.Split("; ")), words);
    }

    [Fact]
    public void Code_that_goes_by_labels_is_the_same_wherever_it_lies()
    {
        Assert.Equal(Build(0), Build(0x12_3456_7008));

        static byte[] Build(ulong origin)
        {
            Arm64Assembler assembler = new(origin);
            Label literal = assembler.NewLabel("literal");
            assembler.Ldr(RegX.X0, literal);
            assembler.Adr(RegX.X1, literal);
            assembler.Cbz(RegX.X0, literal);
            assembler.Align(8);
            assembler.Bind(literal);
            assembler.Data64(42);
            return assembler.Build();
        }
    }

    [Fact]
    public void An_address_as_data_is_the_origins()
    {
        Arm64Assembler assembler = new(0x8000);
        assembler.Nop();
        assembler.Data64(assembler.Here("here"));
        Assert.Equal(0x8004UL, BitConverter.ToUInt64(assembler.Build(), 4));
    }

    [Fact]
    public void A_label_is_bound_once_by_its_own_assembler_and_before_the_build()
    {
        Arm64Assembler assembler = new();
        Label label = assembler.Here("start");
        Assert.Throws<InvalidOperationException>(() => assembler.Bind(label));
        Assert.Throws<InvalidOperationException>(() => new Arm64Assembler().B(label));
        assembler.B(assembler.NewLabel("nowhere"));
        InvalidOperationException e = Assert.Throws<InvalidOperationException>(() => assembler.Build());
        Assert.Contains("nowhere", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_instruction_lies_on_a_multiple_of_4()
    {
        Arm64Assembler assembler = new();
        assembler.Data(1);
        Assert.Throws<InvalidOperationException>(assembler.Nop);
        assembler.Align(4);
        assembler.Nop();
        Assert.Throws<ArgumentException>(() => new Arm64Assembler(2));
    }

    [GeneratedRegex(@"^ldp (\w+), \1, ")]
    private static partial Regex LoadsTwice();
}
