using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Baton.Tests.Linux;

/// <summary>A server of one file for tests, which can be told to misbehave. Each connection is one answer.</summary>
internal sealed class HttpServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<HttpRequest, byte[]> _answer;
    private readonly X509Certificate2? _certificate;
    private readonly Thread _thread;
    private readonly List<HttpRequest> _requests = [];

    /// <param name="answer">The whole response, head included; the connection ends behind it.</param>
    /// <param name="certificate">For https; null for http.</param>
    public HttpServer(Func<HttpRequest, byte[]> answer, X509Certificate2? certificate = null)
    {
        _answer = answer;
        _certificate = certificate;
        _listener.Start();
        _thread = new Thread(Serve) { IsBackground = true };
        _thread.Start();
    }

    public string Address =>
        $"{(_certificate is null ? "http" : "https")}://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public IReadOnlyList<HttpRequest> Requests => _requests;

    /// <summary>A response with a length, of which only the first bytes come.</summary>
    public static byte[] Response(string status, ReadOnlySpan<byte> body, int sent = int.MaxValue, string fields = "") =>
        [
            .. Encoding.ASCII.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\n{fields}\r\n")),
            .. body[..Math.Min(sent, body.Length)],
        ];

    public void Dispose() => _listener.Stop();

    private void Serve()
    {
        try
        {
            while (true)
            {
                using TcpClient client = _listener.AcceptTcpClient();
                Answer(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private void Answer(TcpClient client)
    {
        try
        {
            using Stream stream = Open(client);
            using StreamReader reader = new(stream, Encoding.ASCII, leaveOpen: true);
            string path = reader.ReadLine()!.Split(' ')[1];
            Dictionary<string, string> fields = new(StringComparer.OrdinalIgnoreCase);
            while (reader.ReadLine() is { Length: > 0 } line)
            {
                fields[line.Split(':')[0]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            }

            HttpRequest request = new(path, fields);
            _requests.Add(request);
            stream.Write(_answer(request));
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
            // The other side did not like us, which is what some tests want.
        }
    }

    private Stream Open(TcpClient client)
    {
        if (_certificate is null)
        {
            return client.GetStream();
        }

        SslStream secure = new(client.GetStream());
        secure.AuthenticateAsServer(_certificate);
        return secure;
    }
}

/// <summary>What was asked for.</summary>
internal sealed record HttpRequest(string Path, IReadOnlyDictionary<string, string> Fields)
{
    /// <summary>The first byte of <c>Range: bytes=5-</c>; null without one.</summary>
    public int? From => Fields.TryGetValue("Range", out string? range)
        ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture)
        : null;
}
