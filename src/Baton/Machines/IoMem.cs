using Baton.Bytes;
using Baton.Memory;

namespace Baton.Machines;

/// <summary>One line of /proc/iomem.</summary>
/// <param name="Range">The physical addresses.</param>
/// <param name="Depth">0 for a top-level resource; a child lies one deeper than its parent.</param>
/// <param name="Name">The resource's name.</param>
/// <param name="Parent">The index of the resource it lies in; -1 at the top level.</param>
public sealed record IoMemEntry(PhysicalRange Range, int Depth, string Name, int Parent);

/// <summary>/proc/iomem: what the running kernel does with physical addresses.</summary>
public sealed class IoMem
{
    private const string RamName = "System RAM";

    /// <summary>The running kernel itself: it may be overwritten, since kexec does that at the very end.</summary>
    private static readonly string[] KernelParts = ["Kernel code", "Kernel rodata", "Kernel data", "Kernel bss"];

    private IoMem(IReadOnlyList<IoMemEntry> entries)
    {
        Entries = entries;
        AddressesHidden = entries.Count > 1 && entries.All(entry => entry.Range.End.Value == 1);
    }

    /// <summary>All lines, parents before their children.</summary>
    public IReadOnlyList<IoMemEntry> Entries { get; }

    /// <summary>Whether every address is zero: what the kernel shows to a process without CAP_SYS_ADMIN.</summary>
    public bool AddressesHidden { get; }

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="ImageFormatException">A line does not follow the file's grammar.</exception>
    public static IoMem Parse(ReadOnlyMemory<byte> bytes, string name)
    {
        List<IoMemEntry> entries = [];
        List<int> open = [];
        foreach (TextLine line in new TextFile(name, bytes).Lines())
        {
            IoMemEntry entry = ParseLine(line);
            while (open.Count > 0 && entries[open[^1]].Depth >= entry.Depth)
            {
                open.RemoveAt(open.Count - 1);
            }

            if (entry.Depth > 0 && open.Count == 0)
            {
                throw line.Fault(ImageError.BadSyntax, "indentation", "the line is indented, but nothing is above it");
            }

            open.Add(entries.Count);
            entries.Add(entry with { Parent = open.Count > 1 ? open[^2] : -1 });
        }

        return entries.Count > 0
            ? new IoMem(entries)
            : throw new TextFile(name, bytes).First("start").Fault(ImageError.Truncated, "start", "there is no line");
    }

    /// <summary>
    /// What is memory of some kind, each range with the name that the innermost line gives it. Lines below System RAM
    /// other than the kernel's own parts (crash kernel, reserved, a driver's) are Reserved; devices are left out.
    /// </summary>
    public MemoryMap Memory() => Collect(_ => true);

    /// <summary>The same without what the running kernel keeps inside System RAM: that ends with it.</summary>
    public MemoryMap MemoryWithoutUses() => Collect(i => !IsInsideRam(i));

    /// <summary>
    /// The ranges of the top-level lines "System RAM", with neighbours joined: the same for every kernel that the
    /// machine runs, since what a kernel keeps for itself lies below them.
    /// </summary>
    public RangeSet SystemRam() =>
        RangeSet.Of(Entries.Where(entry => entry.Depth == 0 && entry.Name == RamName).Select(entry => entry.Range));

    /// <summary>
    /// Ranges that the firmware may have called RAM and the running kernel took out of use for good: those the next
    /// kernel must not use either. The crash kernel's memory and drivers' claims are not among them: they end with this
    /// kernel.
    /// </summary>
    public IEnumerable<MemoryRegion> Withdrawn()
    {
        for (int i = 0; i < Entries.Count; i++)
        {
            if (!IsInsideRam(i) && NamedKind(Entries[i].Name) is { IsRam: false } kind)
            {
                yield return new MemoryRegion(Entries[i].Range, kind, "iomem");
            }
        }
    }

    /// <summary>The kind that a resource's name stands for by itself; null when it is no kind of memory.</summary>
    internal static MemoryKind? NamedKind(string name) => name switch
    {
        RamName => MemoryKind.Ram,
        "Reserved" or "reserved" or "Unknown E820 type" => MemoryKind.Reserved,
        "ACPI Tables" => MemoryKind.AcpiTables,
        "ACPI Non-volatile Storage" => MemoryKind.AcpiNvs,
        "Unusable memory" => MemoryKind.Unusable,
        "Persistent Memory" => MemoryKind.Persistent,
        "Persistent Memory (legacy)" => MemoryKind.PersistentLegacy,
        "Soft Reserved" => MemoryKind.SoftReserved,
        _ => null,
    };

    private MemoryMap Collect(Func<int, bool> isWanted)
    {
        List<MemoryRegion> regions = [];
        for (int i = 0; i < Entries.Count; i++)
        {
            if (isWanted(i) && KindOf(i) is { } kind)
            {
                string label = kind.ToString() == Entries[i].Name ? "" : Entries[i].Name;
                regions.Add(new MemoryRegion(Entries[i].Range, kind, "iomem") { Label = label });
            }
        }

        return MemoryMap.Of(regions);
    }

    private MemoryKind? KindOf(int index)
    {
        string name = Entries[index].Name;
        if (IsInsideRam(index))
        {
            return KernelParts.Contains(name) ? MemoryKind.Ram : MemoryKind.Reserved;
        }

        // "System RAM (kmem)", "System RAM (virtio_mem)": a driver has plugged it in and may have to give it back.
        return name.StartsWith(RamName + " (", StringComparison.Ordinal) ? MemoryKind.SoftReserved : NamedKind(name);
    }

    private bool IsInsideRam(int index)
    {
        for (int i = Entries[index].Parent; i >= 0; i = Entries[i].Parent)
        {
            if (Entries[i].Name.StartsWith(RamName, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static IoMemEntry ParseLine(TextLine line)
    {
        string text = line.Text;
        int indent = text.Length - text.TrimStart(' ').Length;
        if (indent % 2 != 0)
        {
            throw line.Fault(ImageError.BadSyntax, "indentation", $"found {indent} spaces, expected two a level");
        }

        int colon = text.IndexOf(" : ", StringComparison.Ordinal);
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        if (colon < 0 || dash < 0 || dash > colon)
        {
            throw line.Fault(
                ImageError.BadSyntax, "line", $"found {TextLine.Show(text.Trim())}, expected \"start-end : name\"");
        }

        ulong start = line.Hexadecimal(text[indent..dash], "start");
        ulong end = line.Hexadecimal(text[(dash + 1)..colon], "end");
        if (end < start)
        {
            throw line.Fault(ImageError.OutOfRange, "end", $"the end 0x{end:x} is below the start 0x{start:x}");
        }

        PhysicalRange range = PhysicalRange.FromInclusive(start, end);
        string name = text[(colon + 3)..].Trim();
        MemoryKind? kind = KernelParts.Contains(name) ? MemoryKind.Ram : NamedKind(name);
        if (kind is { } known && new MemoryRegion(range, known, "iomem").IsImpossible)
        {
            throw line.Fault(ImageError.OutOfRange, "end", $"{name} {range}, {ImpossibleAddress.Expected}");
        }

        return new IoMemEntry(range, indent / 2, name, -1);
    }
}
