using System.Buffers.Binary;
using Baton.Trampolines;
using FsCheck;
using FsCheck.Fluent;

namespace Baton.Tests.Trampolines;

/// <summary>Every instruction with every register, read back by two disassemblers; labels and their reach.</summary>
public sealed class X64AssemblerTests
{
    private static readonly Dictionary<string, string[]> Table =
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "vectors", "x64-assembler.txt"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(" | "))
            .ToDictionary(parts => parts[0], parts => parts[1..]);

    [Fact]
    public void The_table_has_a_line_for_each_instruction_and_no_other() =>
        Assert.Equal(
            InstructionCase.Methods.Select(InstructionCase.Signature).Order(StringComparer.Ordinal),
            Table.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [InlineData(CodeBits.Bits64)]
    [InlineData(CodeBits.Bits32)]
    public void Iced_and_objdump_read_what_was_written(CodeBits bits)
    {
        IReadOnlyList<InstructionCase> cases = InstructionCase.WriteAll(bits, Table);
        byte[] code = [.. cases.SelectMany(c => c.Bytes)];
        Dictionary<int, (string Text, int Length)> iced = Disassemblers.Iced(code, bits);
        Dictionary<int, (string Text, int Length)> objdump = Disassemblers.Objdump(code, bits);

        // One line a method is enough to see what is wrong with it.
        Dictionary<string, string> wrong = [];
        foreach (InstructionCase written in cases)
        {
            (string, int) none = ("nothing starts here", 0);
            (string Text, int Length) one = iced.GetValueOrDefault(written.Offset, none);
            (string Text, int Length) other = objdump.GetValueOrDefault(written.Offset, none);
            if (one != (written.Iced, written.Bytes.Length) || other != (written.Objdump, written.Bytes.Length))
            {
                wrong.TryAdd(
                    written.Call[..written.Call.IndexOf(':', StringComparison.Ordinal)],
                    $"{written.Call} {Convert.ToHexString(written.Bytes)}: expected {written.Iced}, "
                    + $"Iced reads {one.Text}, objdump reads {other.Text}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Values));
    }

    [Fact]
    public void Every_instruction_can_be_written_in_at_least_one_mode()
    {
        HashSet<string> written =
        [
            .. InstructionCase.WriteAll(CodeBits.Bits64, Table)
                .Concat(InstructionCase.WriteAll(CodeBits.Bits32, Table))
                .Select(c => c.Call[..(c.Call.IndexOf(')', StringComparison.Ordinal) + 1)]),
        ];
        Assert.Equal(Table.Keys.Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void References_reach_their_label_or_the_build_fails()
    {
        Gen<(int, bool, bool)> cases =
            from distance in Gen.OneOf(Gen.Choose(100, 160), Gen.Choose(0, 5000))
            from forward in Gen.Elements(true, false)
            from isShort in Gen.Elements(true, false)
            select (distance, forward, isShort);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            (int distance, bool forward, bool isShort) = c;
            X64Assembler assembler = new(0x1000);
            Label target = assembler.NewLabel("target");
            if (!forward)
            {
                assembler.Bind(target);
                assembler.Data(new byte[distance]);
            }

            int start = assembler.Offset;
            if (isShort)
            {
                assembler.JmpShort(target);
            }
            else
            {
                assembler.Jmp(target);
            }

            int end = assembler.Offset;
            if (forward)
            {
                assembler.Data(new byte[distance]);
                assembler.Bind(target);
            }

            int expected = forward ? distance : -end;
            if (isShort && (expected < -128 || expected > 127))
            {
                return Throws(() => assembler.Build());
            }

            ReadOnlySpan<byte> place = assembler.Build().AsSpan(start + 1);
            return expected == (isShort ? unchecked((sbyte)place[0]) : BinaryPrimitives.ReadInt32LittleEndian(place));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithQuietOnSuccess(true));
    }

    [Fact]
    public void A_reference_is_relative_to_the_end_of_its_instruction_and_absolute_from_the_origin()
    {
        X64Assembler assembler = new(0x8000);
        Label data = assembler.NewLabel("data");
        assembler.Lea(Reg64.R9, MemoryOperand.At(data));
        assembler.Data64(data);
        assembler.Data32(data);
        assembler.Bind(data);
        Assert.Equal(0x8013UL, assembler.AddressOf(data));
        Assert.Equal("4C8D0D0C000000" + "1380000000000000" + "13800000", Convert.ToHexString(assembler.Build()));
    }

    [Fact]
    public void A_label_that_is_never_bound_is_an_error()
    {
        X64Assembler assembler = new();
        assembler.Jmp(assembler.NewLabel("nowhere"));
        InvalidOperationException e = Assert.Throws<InvalidOperationException>(() => assembler.Build());
        Assert.Contains("nowhere", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_is_bound_once_and_by_its_own_assembler()
    {
        X64Assembler assembler = new();
        Label label = assembler.Here("start");
        Assert.Throws<InvalidOperationException>(() => assembler.Bind(label));
        Assert.Throws<InvalidOperationException>(() => new X64Assembler().Jmp(label));
    }

    [Fact]
    public void What_a_mode_does_not_have_is_an_error_there()
    {
        X64Assembler in32 = new() { Bits = CodeBits.Bits32 };
        X64Assembler in64 = new();
        Assert.Throws<InvalidOperationException>(() => in32.Mov(Reg64.Rax, Reg64.Rcx));
        Assert.Throws<InvalidOperationException>(() => in32.Mov(Reg32.R8d, 1));
        Assert.Throws<InvalidOperationException>(() => in32.Mov(Reg32.Eax, MemoryOperand.At(Reg64.Rax)));
        Assert.Throws<InvalidOperationException>(() => in64.Mov(Reg32.Eax, MemoryOperand.At(Reg32.Eax)));
        Assert.Throws<InvalidOperationException>(() => in64.Mov(Reg32.Eax, MemoryOperand.At(0x8000_0000)));
        Assert.Throws<InvalidOperationException>(() => in64.JmpFar(0x10, in64.Here("here")));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(64)]
    public void A_bit_that_a_register_does_not_have_is_an_error(int bit) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new X64Assembler().Bts(Reg64.Rax, bit));

    [Fact]
    public void Default_operands_are_registers() =>
        Assert.Equal(
            ("rax", "eax", "es", "es", "cr0", "o"),
            ($"{default(Reg64)}", $"{default(Reg32)}", $"{default(SegmentRegister)}", $"{default(DataSegment)}",
                $"{default(ControlRegister)}", $"{default(Condition)}"));

    private static bool Throws(Action action)
    {
        try
        {
            action();
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }
}
