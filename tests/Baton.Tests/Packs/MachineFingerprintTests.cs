using Baton.Bytes;
using Baton.Machines;
using Baton.Memory;
using Baton.Packs;
using Baton.Tests.Machines;

namespace Baton.Tests.Packs;

/// <summary>What a packed handoff knows its machine by.</summary>
public sealed class MachineFingerprintTests
{
    [Theory]
    [InlineData("what lies inside, and other kinds",
        "00001000-0009ffff : System RAM|000a0000-000fffff : Reserved|00100000-3fffffff : System RAM|"
        + "  01000000-01ffffff : Kernel code|  20000000-2fffffff : Crash kernel|40000000-40ffffff : ACPI Tables",
        "[0x1000, 0xa0000) [0x100000, 0x40000000)")]
    [InlineData("neighbours are one",
        "00001000-0009ffff : System RAM|00100000-1fffffff : System RAM|20000000-2fffffff : System RAM|"
        + "  20000000-2000ffff : Kernel data|30000000-3fffffff : System RAM|50000000-5fffffff : System RAM",
        "[0x1000, 0xa0000) [0x100000, 0x40000000) [0x50000000, 0x60000000)")]
    [InlineData("memory of a driver, and System RAM that is not at the top",
        "00001000-0009ffff : System RAM|100000000-1ffffffff : System RAM (kmem)|200000000-2ffffffff : Persistent Memory|"
        + "  240000000-2bfffffff : System RAM",
        "[0x1000, 0xa0000)")]
    public void Top_level_System_RAM_is_all_that_counts(string what, string iomem, string ranges)
    {
        Assert.NotEmpty(what);
        Assert.Equal(ranges, string.Join(' ', MachineFingerprint.Of(With(iomem)).Ram));
    }

    [Fact]
    public void The_checksum_tells_machines_apart()
    {
        uint small = MachineFingerprint.Of(With("00001000-3fffffff : System RAM")).Checksum;
        Assert.Equal(small, MachineFingerprint.Of(With("00001000-3fffffff : System RAM|  00002000-00002fff : a")).Checksum);
        Assert.NotEqual(small, MachineFingerprint.Of(With("00001000-4fffffff : System RAM")).Checksum);
    }

    [Fact]
    public void More_ranges_than_fit_are_refused()
    {
        string Lines(int count) => string.Join(
            '|', Enumerable.Range(1, count).Select(i => $"{i * 0x10000:x8}-{(i * 0x10000) + 0xfff:x8} : System RAM"));

        Assert.Equal(
            MachineFingerprint.MaxRanges, MachineFingerprint.Of(With(Lines(MachineFingerprint.MaxRanges))).Ram.Count);
        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => MachineFingerprint.Of(With(Lines(MachineFingerprint.MaxRanges + 1))));
        Assert.Equal(ImageError.OutOfRange, e.Error);
    }

    [Fact]
    public void A_machine_without_known_memory_is_refused()
    {
        Machine machine = With("00001000-3fffffff : System RAM") with { SystemRam = RangeSet.Empty };
        Assert.Equal(
            ImageError.Missing, Assert.Throws<ImageFormatException>(() => MachineFingerprint.Of(machine)).Error);
    }

    private static Machine With(string iomem)
    {
        Dictionary<string, string> files = Trees.Pc();
        files["proc/iomem"] = iomem.Replace('|', '\n') + "\n";
        return MachineReader.Read(Trees.Of(files));
    }
}
