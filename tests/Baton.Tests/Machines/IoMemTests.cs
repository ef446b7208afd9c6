using System.Text;
using Baton.Bytes;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Tests.Machines;

public sealed class IoMemTests
{
    private static readonly string[] Lines =
        File.ReadAllLines(Path.Join(AppContext.BaseDirectory, "vectors", "iomem-errors.txt"));

    public static TheoryData<string, string, string> BrokenTexts()
    {
        TheoryData<string, string, string> data = [];
        foreach (string line in Lines.Where(l => !l.StartsWith('#')))
        {
            string[] parts = line.Split('|');
            string text = parts[0].TrimEnd(' ').Replace("\\n", "\n", StringComparison.Ordinal);
            data.Add(text, parts[1].Trim(), parts[2].Trim());
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(BrokenTexts))]
    public void Rejects_a_malformed_text_and_says_where(string text, string error, string where)
    {
        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => IoMem.Parse(Encoding.UTF8.GetBytes(text), "iomem"));

        Assert.Equal(error, e.Error.ToString());
        Assert.Equal(where, e.Where.ToString());
    }

    [Fact]
    public void Keeps_nesting_ranges_and_names()
    {
        IoMem iomem = IoMem.Parse(
            Encoding.UTF8.GetBytes("00001000-00001fff : a\n  00001000-000017ff : b : c\n"
                + "    00001000-00001000 : d\n  00001800-00001fff : e\n"),
            "iomem");

        Assert.Equal(
            ["0 [0x1000, 0x2000) a -1", "1 [0x1000, 0x1800) b : c 0", "2 [0x1000, 0x1001) d 1", "1 [0x1800, 0x2000) e 0"],
            iomem.Entries.Select(e => $"{e.Depth} {e.Range} {e.Name} {e.Parent}"));
        Assert.False(iomem.AddressesHidden);
    }

    [Fact]
    public void Survives_every_damage()
    {
        byte[] valid = Encoding.UTF8.GetBytes(
            "00000000-00000fff : Reserved\n00100000-3fffffff : System RAM\n  01000000-01ffffff : Kernel code\n"
            + "  33000000-3affffff : Crash kernel\n40000000-4fffffff : PCI Bus 0000:00\n  b0000000-bfffffff : Reserved\n");
        Corruptions.Check(valid, bytes =>
        {
            IoMem iomem = IoMem.Parse(bytes, "iomem");
            MemoryMap all = iomem.Memory();
            RangeSet ram = all.Ram;
            Assert.NotNull(string.Join(' ', all.Concat(iomem.Withdrawn()).Concat(iomem.MemoryWithoutUses())));
            Assert.True(ram.Count >= 0 && !iomem.Entries.Any(e => e.ToString().Length == 0));
        });
    }
}
