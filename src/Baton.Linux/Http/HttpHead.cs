using System.Globalization;
using System.Text;

namespace Baton.Linux.Http;

/// <summary>The status and the fields of a response (RFC 9112).</summary>
internal sealed class HttpHead
{
    private const int MaxLength = 64 << 10;

    private readonly Dictionary<string, string> _fields = new(StringComparer.OrdinalIgnoreCase);

    private HttpHead(int status, string reason)
    {
        Status = status;
        Reason = reason;
    }

    public int Status { get; }

    public string Reason { get; }

    /// <summary>Content-Length; null when it is absent or no number.</summary>
    public long? Length => Number(this["Content-Length"]);

    public bool IsChunked => this["Transfer-Encoding"]?.Contains("chunked", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>What tells one state of the file from another, for If-Range; null when the server does not say.</summary>
    public string? Validator =>
        this["ETag"] is { } tag && !tag.StartsWith("W/", StringComparison.Ordinal) ? tag : this["Last-Modified"];

    /// <summary>First byte and total of <c>Content-Range: bytes 5-9/10</c>; null when it is absent or says otherwise.</summary>
    public (long First, long? Total)? Range
    {
        get
        {
            string[] words = (this["Content-Range"] ?? "").Split([' ', '-', '/'], StringSplitOptions.TrimEntries);
            return words is ["bytes", var first, _, var total] && Number(first) is { } start
                ? (start, Number(total))
                : null;
        }
    }

    /// <summary>A field's value; null when it is absent.</summary>
    public string? this[string name] => _fields.GetValueOrDefault(name);

    /// <summary>Reads up to the empty line.</summary>
    /// <exception cref="IOException">The connection ends, or this is no HTTP.</exception>
    public static HttpHead Read(Stream stream)
    {
        int left = MaxLength;
        string[] first = ReadLine(stream, ref left).Split(' ', 3);
        if (first.Length < 2 || !first[0].StartsWith("HTTP/1.", StringComparison.Ordinal)
            || Number(first[1]) is not ({ } status and < 1000))
        {
            throw new HttpFailure("the server does not answer by HTTP/1.1");
        }

        HttpHead head = new((int)status, first.Length > 2 ? first[2] : "");
        while (ReadLine(stream, ref left) is { Length: > 0 } line)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                head._fields[line[..colon].Trim()] = line[(colon + 1)..].Trim();
            }
        }

        return head;
    }

    /// <summary>Reads a line without its end.</summary>
    /// <param name="stream">Read byte by byte, so it should have a buffer.</param>
    /// <param name="left">Bytes that may still come; counted down.</param>
    public static string ReadLine(Stream stream, ref int left)
    {
        StringBuilder line = new();
        while (true)
        {
            int next = stream.ReadByte();
            if (next < 0)
            {
                throw new IOException("the connection ended within the response's head");
            }

            if (--left < 0)
            {
                throw new HttpFailure($"the response's head is longer than {MaxLength} bytes");
            }

            if (next == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)next);
        }
    }

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;
}
