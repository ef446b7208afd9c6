using System.Globalization;

namespace Baton.Tests.Proofs.Arm64;

/// <summary>Each instruction of the table: llvm-mc writes the same word, and the processor does what the table says.</summary>
public sealed class Arm64InstructionTests
{
    public static TheoryData<int, string> Instructions => Vectors.Lines("arm64-instructions.txt");

    [Fact]
    public void Llvm_mc_writes_the_words_of_the_table()
    {
        List<string> lines = [.. Instructions.Select(row => row.Data.Item2)];
        uint[] words = LlvmMc.Words([.. lines.Select(line => line.Split(" | ")[0])]);
        Assert.Equal(
            lines.Select(line => string.Join(" | ", line.Split(" | ")[..2])),
            lines.Zip(words, (line, word) => $"{line.Split(" | ")[0]} | {word:x8}"));
    }

    [Theory]
    [MemberData(nameof(Instructions))]
    public void An_instruction_does_what_the_table_says(int line, string text)
    {
        string?[] fields = Vectors.Fields(text);
        // With the MMU on: without it all memory is a device's, which has no atomic accesses.
        Arm64Machine machine = Arm64Machine.Cached(level: 2);
        machine.Set(Arm64Machine.Data, 0x8877_6655_4433_2211);
        machine.Word(Hexadecimal(fields[1]!));
        foreach ((string name, ulong value) in Values(fields[2]))
        {
            machine.SetNamed(name, value);
        }

        SortedDictionary<string, ulong> expected = machine.Named();
        expected["pc"] += 4;
        foreach ((string name, ulong value) in Values(fields[3]))
        {
            expected[name] = value;
        }

        machine.Run(1);
        Assert.True(
            expected.SequenceEqual(machine.Named()),
            $"line {line}, {fields[0]}: "
            + string.Join(", ", machine.Named().Except(expected).Select(pair => $"{pair.Key}={pair.Value:x}")));
    }

    private static uint Hexadecimal(string text) => uint.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static IEnumerable<(string Name, ulong Value)> Values(string? field) =>
        from pair in (field ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
        let parts = pair.Split('=')
        select (parts[0], ulong.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
}
