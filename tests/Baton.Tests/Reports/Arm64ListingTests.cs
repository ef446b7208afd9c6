using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Baton.Memory;
using Baton.Reports.Disassembly;
using Baton.Tests.Packs;
using Baton.Tests.Proofs.Arm64;
using Baton.Tests.Trampolines;
using Baton.Trampolines;

namespace Baton.Tests.Reports;

/// <summary>Every text of ours against the one that LLVM gives the same word; only the numbers' radix is ours.</summary>
public sealed partial class Arm64ListingTests(ITestOutputHelper output)
{
    private const ulong Address = 0x4000_0000;
    private const int WordsOfTemplate = 300;

    [Fact]
    public void The_trampoline_and_the_packed_programs_read_as_llvm_reads_them()
    {
        byte[] trampoline = Arm64Trampoline.Build(new PhysicalAddress(0x4020_0000), 0x4800_0000);
        const int literals = 16;
        uint[] words =
        [
            .. MemoryMarshal.Cast<byte, uint>(trampoline.AsSpan(0, trampoline.Length - literals)),
            .. HandoffPackTests.Arm64Programs().SelectMany(code => code),
        ];
        Assert.Equal(words.Length, Compare(words));
    }

    [Fact]
    public void The_trampoline_for_FreeBSD_with_UEFI_reads_as_llvm_reads_it()
    {
        byte[] code = FreeBsdArm64Trampoline.Build(new FreeBsdArm64TrampolineRequest
        {
            Kernel = new PhysicalRange(new PhysicalAddress(0x4020_0000), 0x20_0000),
            Entry = new PhysicalAddress(0x4020_0000),
            ModuleP = 0xffff_0000_0200_0000,
            Values = [.. FreeBsdArm64Trampoline.ValueLengths.Select(length => (ReadOnlyMemory<byte>)new byte[length])],
            MapTo = new PhysicalAddress(0x4800_1000),
            SystemTableTo = new PhysicalAddress(0x4800_3000),
            RsdpTo = [new PhysicalAddress(0x4800_3100)],
            Written = new PhysicalRange(new PhysicalAddress(0x4800_0000), 0x1_0000),
        });
        int data = FreeBsdArm64Trampoline.Unread / 4; // the numbers, all zeros, and the branch over them
        uint[] words = MemoryMarshal.Cast<byte, uint>(code).ToArray();
        Assert.Equal(words.Length - data, Compare(words[data..]));
    }

    [Fact]
    public void What_our_assembler_writes_reads_as_llvm_reads_it()
    {
        uint[] words = [.. Arm64InstructionCase.WriteAll(Arm64AssemblerTests.Table).Select(c => c.Word).OfType<uint>()];
        Assert.Equal(words.Length, Compare(words));
    }

    [Fact]
    public void Every_tested_instruction_reads_as_llvm_reads_it() => Compare(
        [.. Lines("arm64-instructions.txt").Select(line => Convert.ToUInt32(line.Split('|')[1].Trim(), 16))]);

    [Fact]
    public void Random_words_of_every_class_read_as_llvm_reads_them()
    {
        Random random = new(4);
        List<uint> words = [];
        foreach (string line in Lines("arm64-differential.txt"))
        {
            string bits = line.Split('|')[1].Replace(" ", "", StringComparison.Ordinal);
            uint value = Convert.ToUInt32(bits.Replace('x', '0'), 2);
            uint open = Convert.ToUInt32(bits.Replace('1', '0').Replace('x', '1'), 2);
            for (int i = 0; i < WordsOfTemplate; i++)
            {
                uint word = value | ((uint)random.NextInt64(1L << 32) & open);

                // Registers are often the zero register, which changes the spelling.
                words.Add(word | (random.Next(6) == 0 ? 31U & open : 0) | (random.Next(6) == 0 ? 31U << 5 & open : 0)
                    | (random.Next(12) == 0 ? 31U << 16 & open : 0));
            }
        }

        int compared = Compare([.. words]);
        output.WriteLine($"{compared} of {words.Count} words are instructions");
        Assert.True(compared > words.Count / 2);
    }

    [Theory]
    [InlineData(0x1400_0000U, "b 0x40000000")]
    [InlineData(0xb000_0000U, "adrp x0, 0x40001000")]
    [InlineData(0xf81f_0fe0U, "str x0, [sp, #-0x10]!")]
    [InlineData(0x0000_0000U, ".inst 0x00000000 // undefined")]
    [InlineData(0x1e20_1000U, ".inst 0x1e201000 // not simulated")]
    [InlineData(0xa940_0000U, ".inst 0xa9400000 // unpredictable")]
    public void Numbers_are_hexadecimal_targets_are_addresses_and_the_rest_is_data(uint word, string text) =>
        Assert.Equal(text, Arm64Listing.Text(word, Address));

    /// <summary>Compares, and tells how many words were instructions to us.</summary>
    private static int Compare(uint[] words)
    {
        string?[] theirs = LlvmMc.Texts(words);
        List<string> wrong = [];
        int compared = 0;
        for (int i = 0; i < words.Length; i++)
        {
            string ours = Arm64Listing.Text(words[i], Address);
            if (ours.StartsWith(".inst", StringComparison.Ordinal))
            {
                continue;
            }

            compared++;
            string expected = theirs[i] is { } text ? Absolute(words[i], text) : "no instruction";
            if (Plain(ours) != Plain(expected) && !IsNamedByOneAlone(ours, expected))
            {
                wrong.Add($"{words[i]:x8}: {ours}, llvm-mc reads {theirs[i] ?? "no instruction"}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {words.Length}:\n" + string.Join('\n', wrong.Take(40)));
        return compared;
    }

    /// <summary>
    /// LLVM knows the names of system registers and of maintenance that the simulated processor does not have; those keep
    /// their numbers here. It keeps the number of a register that is written and can only be read.
    /// </summary>
    private static bool IsNamedByOneAlone(string ours, string theirs) =>
        NumberedRegister().IsMatch(ours) || NumberedRegister().IsMatch(theirs)
        || ours.StartsWith("sys #", StringComparison.Ordinal);

    /// <summary>Without a symbol LLVM gives the distance to a target, in place of its address.</summary>
    private static string Absolute(uint word, string text)
    {
        bool isRelative = RelativeMnemonic().IsMatch(text) && !text.Contains('[', StringComparison.Ordinal);
        if (!isRelative)
        {
            return text;
        }

        int last = text.LastIndexOf('#');
        long distance = long.Parse(text.AsSpan(last + 1), CultureInfo.InvariantCulture);
        ulong from = text.StartsWith("adrp", StringComparison.Ordinal) ? Address & ~0xfffUL : Address;
        return $"{text[..last]}0x{unchecked(from + (ulong)distance):x}";
    }

    /// <summary>Numbers in decimal; a negative one that is moved has the bits of its register.</summary>
    private static string Plain(string text) => Immediate().Replace(text, match =>
    {
        bool isNegative = match.Groups[1].Length > 0;
        string digits = match.Groups[2].Value;
        ulong value = digits.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.Parse(digits.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : ulong.Parse(digits, CultureInfo.InvariantCulture);
        value = isNegative ? unchecked(0 - value) : value;
        return $"#{(text.StartsWith("mov w", StringComparison.Ordinal) ? value & uint.MaxValue : value)}";
    });

    private static IEnumerable<string> Lines(string vectors) =>
        Vectors.Lines(vectors).Select(row => row.Data.Item2);

    [GeneratedRegex(@"#(-?)(0x[0-9a-f]+|\d+)")]
    private static partial Regex Immediate();

    [GeneratedRegex(@"^(b|bl|b\.\w+|cbn?z|tbn?z|adrp?|ldr|ldrsw|prfm) ")]
    private static partial Regex RelativeMnemonic();

    [GeneratedRegex(@"^m(rs \w+, |sr )S\d_")]
    private static partial Regex NumberedRegister();
}
