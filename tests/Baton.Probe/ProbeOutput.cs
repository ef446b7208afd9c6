using System.Globalization;
using System.Text;

namespace Baton.Probe;

/// <summary>
/// What a probe wrote: lines <c>PROBE name=number</c> and <c>PROBE @address=bytes</c>, all in hexadecimal, among
/// whatever else came over the serial port.
/// </summary>
public sealed class ProbeOutput
{
    /// <summary>Bytes of memory on a line.</summary>
    public const int BytesPerLine = 32;

    internal const string SetupDataName = "setup_data";

    private const string Prefix = "PROBE ";

    private readonly Dictionary<string, ulong> _values = [];
    private readonly SortedDictionary<ulong, byte[]> _memory = [];
    private readonly List<ulong> _setupData = [];

    private ProbeOutput()
    {
    }

    /// <summary>Whether the probe came to its end.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The numbers by name: registers, and what the probe derived.</summary>
    public IReadOnlyDictionary<string, ulong> Values => _values;

    /// <summary>The addresses of the setup_data chain, in its order.</summary>
    public IReadOnlyList<ulong> SetupData => _setupData;

    /// <summary>boot_params as the kernel found it: 4096 bytes.</summary>
    public byte[] BootParams => Read(this["rsi"], 4096);

    /// <summary>The command line up to its NUL.</summary>
    public string CommandLine
    {
        get
        {
            ulong start = this["cmdline"];
            int length = 0;
            while (Read(start + (ulong)length, 1)[0] != 0)
            {
                length++;
            }

            return Encoding.UTF8.GetString(Read(start, length));
        }
    }

    /// <summary>A number that the probe must have written.</summary>
    /// <exception cref="KeyNotFoundException">It did not; the message says what it wrote last.</exception>
    public ulong this[string name] =>
        _values.TryGetValue(name, out ulong value)
            ? value
            : throw new KeyNotFoundException(
                $"the probe did not write \"{name}\"; it wrote {string.Join(", ", _values.Keys)}");

    /// <summary>Picks the probe's lines out of a serial console's.</summary>
    /// <exception cref="FormatException">A line of the probe is garbled.</exception>
    public static ProbeOutput Parse(IEnumerable<string> lines)
    {
        ProbeOutput output = new();
        foreach (string raw in lines)
        {
            string line = raw.TrimEnd('\r');
            int start = line.IndexOf(Prefix, StringComparison.Ordinal);
            if (start >= 0)
            {
                output.Add(line[(start + Prefix.Length)..]);
            }
        }

        return output;
    }

    /// <summary>Memory that the probe has written out.</summary>
    /// <exception cref="KeyNotFoundException">It has not written out all of it.</exception>
    public byte[] Read(ulong address, int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = ByteAt(address + (ulong)i);
        }

        return bytes;
    }

    private void Add(string line)
    {
        if (line == "done")
        {
            IsComplete = true;
            return;
        }

        int equals = line.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1)
        {
            throw new FormatException($"the probe's line \"{line}\" has no name and value");
        }

        string name = line[..equals];
        string value = line[(equals + 1)..];
        if (name[0] == '@')
        {
            _memory[Number(name[1..], line)] = Convert.FromHexString(value);
            return;
        }

        _values[name] = Number(value, line);
        if (name == SetupDataName)
        {
            _setupData.Add(_values[name]);
        }
    }

    private static ulong Number(string text, string line) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong number)
            ? number
            : throw new FormatException($"the probe's line \"{line}\" has no hexadecimal number \"{text}\"");

    private byte ByteAt(ulong address)
    {
        // Runs start wherever a structure does, so that a byte can be in any of the lines that start shortly before.
        for (ulong back = 0; back < BytesPerLine && back <= address; back++)
        {
            if (_memory.TryGetValue(address - back, out byte[]? run) && back < (ulong)run.Length)
            {
                return run[back];
            }
        }

        throw new KeyNotFoundException($"the probe did not write out the memory at 0x{address:x}");
    }
}
