using System.Globalization;
using Baton.Bytes;

namespace Baton.Linux.Http;

/// <summary>
/// A file on a server, read from its first byte to its last. A connection that breaks is taken up again where it broke
/// (RFC 9110, section 14), if the server can, and the file is still the same.
/// </summary>
public sealed class HttpDownloadStream : ForwardStream
{
    private const int MostRedirections = 5;

    private readonly HttpOptions _options;
    private readonly Action<string> _say;
    private readonly string _name;
    private Uri _address;
    private HttpConnection _connection;
    private readonly string? _validator;
    private long _position;

    private HttpDownloadStream(string name, HttpOptions options, Action<string> say)
    {
        _name = name;
        _options = options;
        _say = say;
        _address = new Uri(name);
        _connection = Follow();
        HttpHead head = _connection.Head;
        if (head.Status != 200)
        {
            _connection.Dispose();
            throw new HttpFailure($"{_address}: the server answers {head.Status} {head.Reason}");
        }

        if (!head.IsChunked && head.Length is null && !options.IsDigested)
        {
            _connection.Dispose();
            throw new HttpFailure(
                $"{_address}: the server does not tell how long the file is, so that a download that is cut short could not be "
                + "noticed; give --sha256, or a server that sends Content-Length");
        }

        Total = head.IsChunked ? null : head.Length;
        _validator = head.Validator;
    }

    /// <summary>Bytes of the file; null when the server does not say.</summary>
    public long? Total { get; private set; }

    /// <summary>Whether an initrd's name is an address and not a file.</summary>
    public static bool IsAddress(string name) =>
        name.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Connects, and follows where the server sends us.</summary>
    /// <param name="address">http or https.</param>
    /// <param name="options">How the server is talked to.</param>
    /// <param name="say">Is told when a download is taken up again.</param>
    /// <exception cref="IOException">It cannot be reached, or does not give the file.</exception>
    public static HttpDownloadStream Open(string address, HttpOptions options, Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(say);
        return Uri.TryCreate(address, UriKind.Absolute, out Uri? parsed) && parsed.Host.Length > 0
            ? new HttpDownloadStream(address, options, say)
            : throw new HttpFailure($"{address} is no address of a server");
    }

    public override int Read(Span<byte> buffer)
    {
        int failures = 0;
        while (true)
        {
            try
            {
                int read = _connection.Read(buffer);
                _position += read;
                return read == 0 && _position < Total
                    ? throw new IOException($"the body ended {Total - _position} bytes too early")
                    : read;
            }
            catch (IOException e) when (e is not HttpFailure && failures < _options.Tries)
            {
                failures++;
                TakeUp(e, failures);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _connection.Dispose();
        }

        base.Dispose(disposing);
    }

    private HttpConnection Follow()
    {
        for (int i = 0; ; i++)
        {
            HttpConnection connection = HttpConnection.Get(_address, "", _options);
            if (connection.Head.Status is not (301 or 302 or 303 or 307 or 308)
                || connection.Head["Location"] is not { } location)
            {
                return connection;
            }

            connection.Dispose();
            if (!Uri.TryCreate(_address, location, out Uri? next))
            {
                throw new HttpFailure($"{_address}: the server sends us to \"{location}\", which is no address");
            }

            if (i == MostRedirections || next.Scheme is not ("http" or "https")
                || (_address.Scheme == "https" && next.Scheme != "https"))
            {
                throw new HttpFailure($"{_address}: the server sends us to {next}, where we do not go "
                    + $"(at most {MostRedirections} times, and not from https to http)");
            }

            _address = next;
        }
    }

    private void TakeUp(IOException cause, int failures)
    {
        _connection.Dispose();
        string at = _position.ToString(CultureInfo.InvariantCulture);
        if (_validator is null && !_options.IsDigested)
        {
            throw new HttpFailure(
                $"{_name}: the download broke at byte {at} ({cause.Message}); it is not taken up again, because the server "
                + "tells nothing by which another state of the file could be noticed (ETag, Last-Modified); "
                + "give --sha256, or try again; nothing is loaded",
                cause);
        }

        _say($"{_name}: {cause.Message}; taken up again at byte {at}");
        Thread.Sleep(_options.FirstWait * (1 << (failures - 1)));
        string condition = _validator is null ? "" : $"If-Range: {_validator}\r\n";
        HttpConnection connection;
        try
        {
            connection = HttpConnection.Get(_address, $"Range: bytes={at}-\r\n{condition}", _options);
        }
        catch (IOException e) when (e is not HttpFailure && failures < _options.Tries)
        {
            TakeUp(e, failures + 1);
            return;
        }

        HttpHead head = connection.Head;
        if (head.Status == 206 && head.Range is { } range && range.First == _position && (Total ?? range.Total) == range.Total
            && IsSame(head))
        {
            Total = range.Total;
            _connection = connection;
            return;
        }

        connection.Dispose();
        if (head.Status is 429 or 502 or 503 or 504 && failures < _options.Tries)
        {
            // Whoever stands before the server has lost it, or it is busy: that passes.
            TakeUp(new IOException($"the server answers {head.Status} {head.Reason}"), failures + 1);
            return;
        }

        throw head.Status == 206 || (head.Status == 200 && _validator is not null)
            ? new ImageFormatException(
                ImageError.Changed,
                new ImageLocation(_name, _position, "bytes"),
                "the file has changed on the server, or the server cannot resume; nothing is loaded")
            : new HttpFailure(
                $"{_name}: the download broke at byte {at} ({cause.Message}), and the server does not resume it "
                + $"(it answers {head.Status} {head.Reason}); nothing is loaded", cause);
    }

    /// <summary>Whether an answer is of the same state of the file, as far as it tells: caches may not heed If-Range.</summary>
    private bool IsSame(HttpHead head) => _validator is null || head.Validator is null || head.Validator == _validator;
}
