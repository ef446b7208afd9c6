using System.Globalization;
using System.Text;

namespace Baton.EndToEnd;

/// <summary>What guests sent through the data port: frames with a name, as guest/functions writes them.</summary>
public sealed class Frames
{
    private readonly Dictionary<string, byte[]> _frames = new(StringComparer.Ordinal);

    /// <param name="data">All bytes of the port.</param>
    public Frames(ReadOnlySpan<byte> data)
    {
        // Firmware speaks on every serial port; it is silent once the kernel runs.
        data = data[Math.Max(0, data.IndexOf("baton-frame "u8))..];
        while (data.Length > 0)
        {
            int end = data.IndexOf((byte)'\n');
            string[] head = Encoding.UTF8.GetString(end < 0 ? data : data[..end]).Split(' ');
            Assert.True(
                end >= 0 && head is ["baton-frame", _, _],
                $"the data port has \"{string.Join(' ', head)}\" where a frame should begin");
            int length = int.Parse(head[2], CultureInfo.InvariantCulture);
            Assert.True(
                data.Length >= end + 1 + length, $"frame {head[1]} is cut off at {data.Length - end - 1} of {length} bytes");
            _frames[head[1]] = data.Slice(end + 1, length).ToArray();
            data = data[(end + 1 + length)..];
        }
    }

    /// <summary>The names, in no order.</summary>
    public IReadOnlyCollection<string> Names => _frames.Keys;

    /// <summary>A frame's bytes.</summary>
    public byte[] Bytes(string name)
    {
        Assert.True(_frames.ContainsKey(name), $"no frame {name}; there are: {string.Join(", ", _frames.Keys)}");
        return _frames[name];
    }

    /// <summary>A frame as text, without blanks at its ends.</summary>
    public string Text(string name) => Encoding.UTF8.GetString(Bytes(name)).Trim();

    /// <summary>What came of a command that the scenario tried under a name.</summary>
    public TriedCommand Tried(string name) => new(
        int.Parse(Text(name + ".status"), CultureInfo.InvariantCulture), Text(name + ".out"), Text(name + ".err"));
}
