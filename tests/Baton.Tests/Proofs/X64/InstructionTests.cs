using System.Globalization;
using Baton.Proofs.X64;

namespace Baton.Tests.Proofs.X64;

/// <summary>Instructions of 64-bit mode against what a real processor has made of the same registers.</summary>
public sealed class InstructionTests
{
    private static readonly X64Register[] Registers = [X64Register.Rax, X64Register.Rbx, X64Register.Rcx, X64Register.Rdx];

    public static TheoryData<int, string> Cases => Vectors.Lines("x64-instructions.txt");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Registers_and_defined_flags_are_those_of_a_processor(int number, string line)
    {
        string?[] fields = Vectors.Fields(line);
        ulong[] before = Numbers(fields[1]);
        ulong[] after = Numbers(fields[2]);
        ulong defined = Numbers(fields[3])[0];

        X64Processor cpu = SimulatedMachine.LongMode(Convert.FromHexString(fields[0]!));
        for (int i = 0; i < Registers.Length; i++)
        {
            cpu[Registers[i]] = before[i];
        }

        cpu.Rflags = before[4];
        cpu.ExecuteNext();
        for (int i = 0; i < Registers.Length; i++)
        {
            Assert.True(
                cpu[Registers[i]] == after[i], $"line {number}: {Registers[i]} 0x{cpu[Registers[i]]:x}, not 0x{after[i]:x}");
        }

        ulong flags = cpu.Rflags & X64Flags.Status;
        Assert.True(((flags ^ after[4]) & defined) == 0, $"line {number}: flags 0x{flags:x}, not 0x{after[4]:x}");
    }

    private static ulong[] Numbers(string? field) =>
        [.. field!.Split(' ').Select(text => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
}
