using System.Text;
using Baton.Machines;
using Baton.Memory;
using FsCheck;
using FsCheck.Fluent;

namespace Baton.Tests.Machines;

/// <summary>The merge of the two views against a picture painted page by page.</summary>
public sealed class MemoryMergeTests
{
    private const int Pages = 48;
    private const ulong Origin = 0x100000;

    private static readonly string[] Names =
    [
        "System RAM", "System RAM", "System RAM", "Reserved", "ACPI Tables", "Soft Reserved", "Persistent Memory",
        "PCI Bus 0000:00",
    ];

    private static readonly string[] Uses = ["Kernel code", "Kernel data", "Crash kernel", "reserved", "a driver"];

    private static readonly Gen<Piece[]> Pieces = Gen.ArrayOf(
        from start in Gen.Choose(0, Pages - 1)
        from length in Gen.Choose(1, 12)
        from name in Gen.Elements(Names)
        from use in Gen.Elements(Uses)
        from useStart in Gen.Choose(0, 11)
        select new Piece(start, Math.Min(length, Pages - start), name, use, useStart));

    [Fact]
    public void Usable_is_what_both_call_ram_and_nothing_that_either_keeps()
    {
        int nonTrivial = 0;
        Prop.ForAll(Gen.Zip(Pieces, Pieces).ToArbitrary(), pair =>
        {
            Piece[] firmware = Disjoint(pair.Item1);
            Piece[] running = Disjoint(pair.Item2);
            Machine machine = MachineReader.Read(Trees.Of(Files(firmware, running)));
            for (int page = 0; page < Pages; page++)
            {
                PhysicalAddress address = new(Origin + ((ulong)page * 4096));
                Piece? told = Array.Find(firmware, p => p.Holds(page));
                Piece? used = Array.Find(running, p => p.Holds(page));
                bool isRam = told?.Name == "System RAM" && used?.Name == "System RAM";
                bool isKept = used?.UseAt(page) is "Crash kernel" or "reserved" or "a driver";
                if (machine.Usable.Contains(address) != (isRam && !isKept))
                {
                    return false;
                }

                // The next kernel gets the firmware's RAM, but for what the running kernel has withdrawn for good.
                bool isWithdrawn = used is { Name: not ("System RAM" or "PCI Bus 0000:00") };
                bool isNext = told?.Name == "System RAM" && !isWithdrawn;
                if (firmware.Length > 0 && machine.FirmwareMemory.Ram.Contains(address) != isNext)
                {
                    return false;
                }
            }

            nonTrivial += machine.Usable.Count > 1 ? 1 : 0;
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithQuietOnSuccess(true));
        Assert.InRange(nonTrivial, 150, 1000);
    }

    private static Piece[] Disjoint(Piece[] pieces)
    {
        List<Piece> kept = [];
        foreach (Piece piece in pieces.OrderBy(p => p.Start))
        {
            if (kept.Count == 0 || kept[^1].Start + kept[^1].Length <= piece.Start)
            {
                kept.Add(piece);
            }
        }

        return [.. kept];
    }

    private static Dictionary<string, string> Files(Piece[] firmware, Piece[] running)
    {
        Dictionary<string, string> files = Trees.Pc();
        StringBuilder iomem = new("00000000-00000fff : Reserved\n");
        foreach (Piece piece in running)
        {
            iomem.Append(Line("", piece.Start, piece.Length, piece.Name));
            if (piece.Name == "System RAM" && piece.UseStart < piece.Length)
            {
                iomem.Append(Line("  ", piece.Start + piece.UseStart, 1, piece.Use));
            }
        }

        files["proc/iomem"] = iomem.ToString();
        for (int i = 0; i < firmware.Length; i++)
        {
            string entry = $"sys/firmware/memmap/{i}";
            files[$"{entry}/start"] = $"0x{At(firmware[i].Start):x}\n";
            files[$"{entry}/end"] = $"0x{At(firmware[i].Start + firmware[i].Length) - 1:x}\n";
            files[$"{entry}/type"] = firmware[i].Name == "PCI Bus 0000:00" ? "Reserved\n" : firmware[i].Name + "\n";
        }

        if (firmware.Length == 0)
        {
            files["sys/firmware/memmap/0/start"] = "0x0\n";
            files["sys/firmware/memmap/0/end"] = "0xfff\n";
            files["sys/firmware/memmap/0/type"] = "Reserved\n";
        }

        return files;
    }

    private static string Line(string indent, int page, int count, string name) =>
        $"{indent}{At(page):x8}-{At(page + count) - 1:x8} : {name}\n";

    private static ulong At(int page) => Origin + ((ulong)page * 4096);

    /// <summary>Pages of one name; one of them is used for something while the name is System RAM.</summary>
    private sealed record Piece(int Start, int Length, string Name, string Use, int UseStart)
    {
        public bool Holds(int page) => page >= Start && page < Start + Length;

        public string? UseAt(int page) => page == Start + UseStart ? Use : null;
    }
}
