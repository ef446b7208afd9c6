using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Baton.Memory;
using Baton.Trampolines;

namespace Baton.Tests.Trampolines;

/// <summary>The trampoline's structure, and its listing as the two disassemblers read it.</summary>
public sealed class LinuxX64TrampolineTests
{
    private const ulong Base = 0x80000;
    private const ulong Entry = 0x2_0100_0200;
    private const ulong BootParams = 0x90000;

    /// <summary>What stands before the 32-bit part: the second far return; a far jump ends it.</summary>
    private static readonly byte[] FarReturn = [0x48, 0xCB];

    [Theory]
    [InlineData(true, "linux-x64-trampoline.txt")]
    [InlineData(false, "linux-x64-trampoline-without-la57.txt")]
    public void The_listing_is_the_reviewed_one(bool takes5Level, string file)
    {
        string expected = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "vectors", file));
        string found = Listing(Build(takes5Level));
        if (expected != found)
        {
            string written = Path.Combine(Path.GetTempPath(), file);
            File.WriteAllText(written, found);
            Assert.Fail(
                $"the listing differs from tests/vectors/{file}; if that is meant, review and copy {written}\n{found}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_size_is_known_before_the_place(bool gigabytePages)
    {
        RangeSet memory = Memory();
        TrampolineImage image = Build(true, gigabytePages);
        Assert.Equal(LinuxX64Trampoline.Measure(memory, gigabytePages), image.Place.Length);
        Assert.Equal(image.Place.Length, (ulong)image.Bytes.Length);
    }

    [Fact]
    public void Code_stack_and_tables_do_not_overlap()
    {
        TrampolineImage image = Build(false);
        Assert.InRange(image.CodeLength, 1, 4096);
        Assert.True(image.Bytes.Span[image.CodeLength..0x2000].IndexOfAnyExcept((byte)0) < 0);
        Assert.Equal(Base + 0x2000, image.Tables.Start.Value);
        Assert.True(image.Bytes.Span[0x2000..].SequenceEqual(image.Tables.Bytes.Span));
        Assert.Equal(Base, image.Entry.Value);
    }

    [Fact]
    public void The_descriptor_table_is_where_lgdt_finds_it()
    {
        TrampolineImage image = Build(true);
        int register = OperandOf("lgdt", image);
        ReadOnlySpan<byte> bytes = image.Bytes.Span;
        Assert.Equal(GlobalDescriptorTable.Limit, BinaryPrimitives.ReadUInt16LittleEndian(bytes[register..]));
        int table = (int)(BinaryPrimitives.ReadUInt64LittleEndian(bytes[(register + 2)..]) - Base);
        for (int i = 0; i < GlobalDescriptorTable.Entries.Count; i++)
        {
            ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(table + (8 * i))..]);
            Assert.Equal(GlobalDescriptorTable.Entries[i].Value, entry);
        }
    }

    [Fact]
    public void The_jump_goes_through_memory_to_the_entry()
    {
        TrampolineImage image = Build(true);
        int place = OperandOf("jmp", image);
        Assert.Equal(Entry, BinaryPrimitives.ReadUInt64LittleEndian(image.Bytes.Span[place..]));
    }

    [Fact]
    public void A_place_that_will_not_do_is_refused()
    {
        RangeSet memory = RangeSet.Of(new PhysicalRange(PhysicalAddress.Zero, 0x2_0000_0000));
        foreach (ulong place in new ulong[] { 0x80800, 0xFFFF_F000, 0x1_0000_0000, 0x2_0000_0000 })
        {
            Assert.Throws<ArgumentException>(() => LinuxX64Trampoline.Build(Request(true, true) with
            {
                Base = new PhysicalAddress(place),
                Identity = memory,
            }));
        }

        // Not in what it maps: the processor would fault on the instruction behind the load of CR3.
        Assert.Throws<ArgumentException>(() => LinuxX64Trampoline.Build(
            Request(true, true) with { Base = new PhysicalAddress(0xA0000) }));
    }

    /// <summary>Where the operand of the one instruction of a kind lies, in bytes from the start.</summary>
    private static int OperandOf(string mnemonic, TrampolineImage image)
    {
        (int _, string text) = Instructions(image)
            .Single(i => i.Text.StartsWith(mnemonic, StringComparison.Ordinal));
        return (int)(Convert.ToUInt64(text[(text.LastIndexOf(' ') + 1)..], 16) - Base);
    }

    private static TrampolineImage Build(bool takes5Level, bool gigabytePages = true) =>
        LinuxX64Trampoline.Build(Request(takes5Level, gigabytePages));

    private static TrampolineRequest Request(bool takes5Level, bool gigabytePages) => new()
    {
        Base = new PhysicalAddress(Base),
        Identity = Memory(),
        GigabytePages = gigabytePages,
        Entry = new PhysicalAddress(Entry),
        BootParams = new PhysicalAddress(BootParams),
        KernelTakes5Level = takes5Level,
    };

    private static RangeSet Memory() => RangeSet.Of(
        new PhysicalRange(PhysicalAddress.Zero, 0x9FC00),
        new PhysicalRange(new PhysicalAddress(0x10_0000), 0xBFF0_0000),
        new PhysicalRange(new PhysicalAddress(0x1_0000_0000), 0x2_0000_0000));

    private static string Listing(TrampolineImage image)
    {
        StringBuilder text = new();
        foreach ((int offset, string instruction) in Instructions(image))
        {
            text.Append(CultureInfo.InvariantCulture, $"{Base + (ulong)offset:x}: {instruction}\n");
        }

        return text.ToString();
    }

    /// <summary>The instructions by Iced, once objdump has read the same lengths; each part in its mode.</summary>
    private static List<(int Offset, string Text)> Instructions(TrampolineImage image)
    {
        byte[] code = image.Bytes.Span[..CodeEnd(image)].ToArray();
        List<(int, string)> lines = [];
        int[] returns = [.. Enumerable.Range(0, code.Length).Where(i => code.AsSpan(i).StartsWith(FarReturn))];
        int start32 = returns.Length > 1 ? returns[1] + 2 : code.Length;
        int farJump = code.AsSpan(start32).IndexOf((byte)0xEA);
        int end32 = farJump < 0 ? code.Length : start32 + farJump + 7;
        Add(0, start32, CodeBits.Bits64);
        Add(start32, end32, CodeBits.Bits32);
        Add(end32, code.Length, CodeBits.Bits64);
        return lines;

        void Add(int from, int to, CodeBits bits)
        {
            if (from >= to)
            {
                return;
            }

            byte[] part = code[from..to];
            Dictionary<int, (string Text, int Length)> iced = Disassemblers.Iced(part, bits, Base + (ulong)from);
            Dictionary<int, (string Text, int Length)> objdump = Disassemblers.Objdump(part, bits, Base + (ulong)from);
            Assert.Equal(
                iced.Select(i => (i.Key, i.Value.Length)).Order(),
                objdump.Select(i => (i.Key, i.Value.Length)).Order());
            lines.AddRange(iced.OrderBy(i => i.Key).Select(i => (from + i.Key, i.Value.Text)));
        }
    }

    /// <summary>The code ends with the jump through memory: FF 25 and four bytes.</summary>
    private static int CodeEnd(TrampolineImage image) => image.Bytes.Span.LastIndexOf([(byte)0xFF, (byte)0x25]) + 6;
}
