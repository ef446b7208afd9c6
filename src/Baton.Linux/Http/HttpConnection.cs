using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Baton.Linux.Http;

/// <summary>One request and its response: HTTP/1.1 over a socket, or over TLS.</summary>
internal sealed class HttpConnection : IDisposable
{
    /// <summary>Where systems keep the certificates that they trust.</summary>
    private static readonly string[] SystemCertificates =
    [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];

    private readonly Socket _socket;
    private readonly Stream _stream;
    private long? _left;
    private bool _isAtEnd;

    private HttpConnection(Socket socket, Stream stream, HttpHead head)
    {
        _socket = socket;
        _stream = stream;
        Head = head;
        _left = head.IsChunked ? 0 : head.Length;
    }

    public HttpHead Head { get; }

    /// <summary>Connects and sends a GET.</summary>
    /// <param name="address">http or https.</param>
    /// <param name="fields">More fields of the request, each with its line end.</param>
    /// <param name="options">How the server is talked to.</param>
    /// <exception cref="HttpFailure">The server is not whom it must be, or answers with something else than HTTP.</exception>
    /// <exception cref="IOException">It cannot be reached, or the connection broke.</exception>
    public static HttpConnection Get(Uri address, string fields, HttpOptions options)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            int patience = (int)options.Patience.TotalMilliseconds;
            socket.SendTimeout = patience;
            socket.ReceiveTimeout = patience;
            if (!socket.ConnectAsync(address.IdnHost, address.Port).Wait(patience))
            {
                throw new IOException($"{address.Host}:{address.Port} did not answer in {options.Patience.TotalSeconds:0} s");
            }

            Stream stream = new NetworkStream(socket, ownsSocket: true);
            stream = address.Scheme == "https" ? Secure(stream, address, options) : stream;
            string request = $"GET {address.PathAndQuery} HTTP/1.1\r\nHost: {address.Authority}\r\nUser-Agent: baton\r\n"
                + $"Accept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n{fields}\r\n";
            stream.Write(Encoding.ASCII.GetBytes(request));
            stream.Flush();
            BufferedStream buffered = new(stream, 1 << 16);
            return new HttpConnection(socket, buffered, HttpHead.Read(buffered));
        }
        catch (AggregateException e) when (e.InnerException is SocketException cause)
        {
            socket.Dispose();
            throw new IOException($"{address.Host}:{address.Port}: {cause.Message}", cause);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Reads the body.</summary>
    /// <returns>The number of bytes; 0 at its end.</returns>
    /// <exception cref="IOException">The connection broke before it.</exception>
    public int Read(Span<byte> buffer)
    {
        if (_left == 0 && Head.IsChunked && !_isAtEnd)
        {
            NextChunk();
        }

        if (_isAtEnd || _left == 0 || buffer.IsEmpty)
        {
            return 0;
        }

        int read = _stream.Read(_left is { } left && left < buffer.Length ? buffer[..(int)left] : buffer);
        if (read == 0 && _left is { } missing)
        {
            throw new IOException($"the connection ended {missing} bytes too early");
        }

        _left -= read;
        if (_left == 0 && Head.IsChunked)
        {
            int limit = 16;
            _ = HttpHead.ReadLine(_stream, ref limit);
        }

        return read;
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private void NextChunk()
    {
        int limit = 1024;
        string size = HttpHead.ReadLine(_stream, ref limit).Split(';')[0].Trim();
        if (!long.TryParse(size, System.Globalization.NumberStyles.AllowHexSpecifier, null, out long length) || length < 0)
        {
            throw new HttpFailure($"\"{size}\" is no size of a chunk");
        }

        _left = length;
        _isAtEnd = length == 0;
    }

    private static void Trust(X509Certificate2Collection store, string file)
    {
        try
        {
            store.ImportFromPemFile(file);
        }
        catch (CryptographicException e)
        {
            throw new HttpFailure($"{file}: a certificate in it cannot be read; PEM is expected ({e.Message})", e);
        }

        if (store.Count == 0)
        {
            throw new HttpFailure($"{file}: no certificate in it; PEM is expected, with BEGIN CERTIFICATE");
        }
    }

    private static SslStream Secure(Stream plain, Uri address, HttpOptions options)
    {
        SslStream secure = new(plain);
        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        string file = options.CaFile ?? Environment.GetEnvironmentVariable("SSL_CERT_FILE")
            ?? Array.Find(SystemCertificates, File.Exists)
            ?? throw new HttpFailure(
                $"no certificates of authorities are installed ({string.Join(", ", SystemCertificates)}); give --ca-file");
        Trust(policy.CustomTrustStore, file);
        try
        {
            secure.AuthenticateAsClient(new SslClientAuthenticationOptions
            {
                TargetHost = address.IdnHost,
                CertificateChainPolicy = policy,
            });
            return secure;
        }
        catch (AuthenticationException e)
        {
            throw new HttpFailure($"{address.Host}: {e.Message} (trusted: {file})", e);
        }
    }
}
