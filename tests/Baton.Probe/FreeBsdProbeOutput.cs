using System.Globalization;
using Baton.Memory;

namespace Baton.Probe;

/// <summary>A record of the chain as the probe found it.</summary>
public sealed record FreeBsdProbeRecord(uint Type, byte[] Payload);

/// <summary>A file of the chain as the probe found it in memory.</summary>
/// <param name="Address">ADDR.</param>
/// <param name="Size">SIZE.</param>
/// <param name="Checksum">The checksum of what lies there; see <see cref="ProbeChecksum"/>.</param>
public sealed record FreeBsdProbeFile(ulong Address, ulong Size, ulong Checksum)
{
    /// <summary>The checksums of a module's sections by their numbers, where SHDR gives them a place.</summary>
    public Dictionary<int, ulong> Sections { get; } = [];
}

/// <summary>What a FreeBSD probe wrote: its lines begin with <c>FREEBSD</c>, numbers are hexadecimal.</summary>
public sealed class FreeBsdProbeOutput
{
    private const string Prefix = "FREEBSD ";

    private readonly Dictionary<string, ulong> _numbers = [];
    private readonly List<string> _broken = [];
    private readonly List<FreeBsdProbeRecord> _records = [];
    private readonly List<FreeBsdProbeFile> _files = [];
    private readonly List<string> _environment = [];
    private readonly List<PhysicalRange> _memory = [];

    private FreeBsdProbeOutput()
    {
    }

    /// <summary>Whether the probe came to its end.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Sentences about what a kernel could not have lived with.</summary>
    public IReadOnlyList<string> Broken => _broken;

    /// <summary>The chain without its end.</summary>
    public IReadOnlyList<FreeBsdProbeRecord> Records => _records;

    /// <summary>The files of the chain, the kernel among them.</summary>
    public IReadOnlyList<FreeBsdProbeFile> Files => _files;

    /// <summary>The variables, as <c>name=value</c>.</summary>
    public IReadOnlyList<string> Environment => _environment;

    /// <summary>Sizes and checksums of the symbol table and of its names; null when there are none.</summary>
    public IReadOnlyList<ulong>? Symbols { get; private set; }

    /// <summary>The device tree; null when the probe was given none.</summary>
    public byte[]? Tree { get; private set; }

    /// <summary>What is RAM by the map that the kernel was given.</summary>
    public IReadOnlyList<PhysicalRange> Memory => _memory;

    /// <summary>A number that the probe must have written.</summary>
    /// <exception cref="KeyNotFoundException">It did not.</exception>
    public ulong this[string name] =>
        _numbers.TryGetValue(name, out ulong value)
            ? value
            : throw new KeyNotFoundException($"the probe did not write \"{name}\"; it wrote {string.Join(", ", _numbers.Keys)}");

    /// <summary>Picks the probe's lines out of a console's.</summary>
    /// <exception cref="FormatException">A line of the probe is garbled.</exception>
    public static FreeBsdProbeOutput Parse(IEnumerable<string> lines)
    {
        FreeBsdProbeOutput output = new();
        foreach (string line in lines.Select(line => line.TrimEnd('\r')))
        {
            int start = line.IndexOf(Prefix, StringComparison.Ordinal);
            if (start >= 0)
            {
                output.Add(line[(start + Prefix.Length)..]);
            }
        }

        return output;
    }

    private static ulong Number(string text) => ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private void Add(string line)
    {
        string[] words = line.Split(' ');
        ulong[] Rest() => [.. words[1..].Select(Number)];
        switch (words[0])
        {
            case "done":
                IsComplete = true;
                break;
            case "broken":
                _broken.Add(line["broken ".Length..]);
                break;
            case "record":
                _records.Add(new FreeBsdProbeRecord((uint)Number(words[1]), Convert.FromHexString(words[2])));
                break;
            case "file":
                _files.Add(new FreeBsdProbeFile(Number(words[1]), Number(words[2]), Number(words[3])));
                break;
            case "section":
                _files[^1].Sections.Add((int)Number(words[1]), Number(words[2]));
                break;
            case "symbols":
                Symbols = Rest();
                break;
            case "tree":
                Tree = Convert.FromHexString(words[1]);
                break;
            case "ram":
                _memory.Add(PhysicalRange.Between(new PhysicalAddress(Rest()[0]), new PhysicalAddress(Rest()[1])));
                break;
            case "env":
                _environment.Add(line["env ".Length..]);
                break;
            default:
                int equals = line.IndexOf('=', StringComparison.Ordinal);
                _numbers[equals > 0 ? line[..equals] : throw new FormatException($"\"{line}\" is no line of the probe")] =
                    Number(line[(equals + 1)..]);
                break;
        }
    }
}
