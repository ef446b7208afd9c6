using System.Globalization;
using Baton.Memory;

namespace Baton.Probe;

/// <summary>
/// One measurement of what kexec leaves at an image's entry: lines <c>name=value</c>, on the console of a machine (with
/// a prefix, among others) and in a vector file. See tests/Baton.EndToEnd/guest/entry-state.
/// </summary>
public sealed class EntryState
{
    /// <summary>What the blob and its loader begin their lines with.</summary>
    public const string ConsolePrefix = "ENTRY ";

    private const string KernelName = "kernel";

    /// <summary>Lines that are no register: what was measured, and where memory, segments, page tables and pages are.</summary>
    private static readonly string[] Notes =
        [KernelName, "machine", "ram", "segment", "table", "map", "image_end"];

    private readonly List<KeyValuePair<string, string>> _lines = [];
    private readonly List<KeyValuePair<string, ulong>> _registers = [];

    private EntryState()
    {
    }

    /// <summary>All lines as a vector file has them: the kernel's first, the others in their order.</summary>
    public IEnumerable<string> Lines =>
        _lines.OrderBy(line => line.Key != KernelName).Select(line => $"{line.Key}={line.Value}");

    /// <summary>The registers in their order.</summary>
    public IReadOnlyList<KeyValuePair<string, ulong>> Registers => _registers;

    /// <summary>The old kernel's release and machine.</summary>
    public string Kernel => Values(KernelName).Single();

    /// <summary>The address at which the image was entered.</summary>
    public PhysicalAddress Entry => Segments.Single().Start;

    /// <summary>What the old kernel lists as System RAM.</summary>
    public IReadOnlyList<PhysicalRange> Ram => [.. Values("ram").Select(Range)];

    /// <summary>The destinations of the segments.</summary>
    public IReadOnlyList<PhysicalRange> Segments => [.. Values("segment").Select(Range)];

    /// <summary>What the page tables map; empty where there are none.</summary>
    public IReadOnlyList<MappedRun> Mappings => [.. Values("map").Select(MappedRun.Parse)];

    /// <summary>The pages of the page tables, each with the first linear address that it is for.</summary>
    public IReadOnlyList<(PhysicalRange Page, ulong For)> Tables =>
        [.. Values("table").Select(text => (new PhysicalRange(new PhysicalAddress(Numbers(text)[0]), 4096), Numbers(text)[1]))];

    /// <summary>A register's content.</summary>
    /// <exception cref="KeyNotFoundException">It was not measured.</exception>
    public ulong this[string register] =>
        _registers.FirstOrDefault(entry => entry.Key == register) is { Key: not null } found
            ? found.Value
            : throw new KeyNotFoundException($"the register {register} was not measured");

    /// <summary>Reads a console: the measurement that it holds.</summary>
    /// <param name="console">Its lines.</param>
    /// <param name="facts">Lines to put in front: what was measured, and with what.</param>
    /// <exception cref="FormatException">The blob did not come to its end, or a line is garbled.</exception>
    public static EntryState FromConsole(IEnumerable<string> console, IEnumerable<string> facts)
    {
        EntryState state = new();
        foreach (string fact in facts)
        {
            state.Add(fact);
        }

        bool isComplete = false;
        foreach (string line in console.Select(line => line.TrimEnd('\r')))
        {
            int start = line.IndexOf(ConsolePrefix, StringComparison.Ordinal);
            string text = start < 0 ? "" : line[(start + ConsolePrefix.Length)..];
            isComplete |= text == "done";
            if (text.Length > 0 && text != "done")
            {
                state.Add(text);
            }
        }

        return isComplete ? state : throw new FormatException("the blob did not come to its end");
    }

    /// <summary>Reads a vector file: each line <c>kernel=</c> begins a measurement; '#' begins a comment.</summary>
    /// <exception cref="FormatException">A line is garbled.</exception>
    public static IReadOnlyList<EntryState> FromVectors(IEnumerable<string> lines)
    {
        List<EntryState> states = [];
        foreach (string line in lines.Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line.StartsWith($"{KernelName}=", StringComparison.Ordinal))
            {
                states.Add(new EntryState());
            }

            if (states.Count == 0)
            {
                throw new FormatException($"\"{line}\" stands before the first line {KernelName}=");
            }

            states[^1].Add(line);
        }

        return states;
    }

    private static PhysicalRange Range(string text) =>
        PhysicalRange.Between(new PhysicalAddress(Numbers(text)[0]), new PhysicalAddress(Numbers(text)[1]));

    private static ulong[] Numbers(string text) =>
        [.. text.Split(' ').Select(word => ulong.Parse(word, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))];

    private IEnumerable<string> Values(string name) => _lines.Where(line => line.Key == name).Select(line => line.Value);

    private void Add(string line)
    {
        int equals = line.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1)
        {
            throw new FormatException($"the line \"{line}\" has no name and value");
        }

        (string name, string value) = (line[..equals], line[(equals + 1)..]);
        _lines.Add(new(name, value));
        if (!Notes.Contains(name))
        {
            _registers.Add(new(name, Numbers(value)[0]));
        }
    }
}
