using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Baton.Bytes;
using Baton.Linux.Http;

namespace Baton.Tests.Linux;

/// <summary>Files from servers that behave, that break off, and that are not whom they say.</summary>
public sealed class HttpDownloadTests
{
    private static readonly byte[] Data = Enumerable.Range(0, 300_000).Select(i => unchecked((byte)(i * 7 / 3))).ToArray();

    private static readonly HttpOptions Quick = new() { FirstWait = TimeSpan.Zero, Patience = TimeSpan.FromSeconds(20) };

    [Fact]
    public void A_file_comes_as_it_is()
    {
        using HttpServer server = new(_ => HttpServer.Response("200 OK", Data));
        Assert.Equal(Data, Get(server, out long? total));
        Assert.Equal(Data.Length, total);
    }

    [Fact]
    public void Chunks_come_as_one()
    {
        byte[] head = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        byte[] body =
        [
            .. Encoding.ASCII.GetBytes("1f\r\n"),
            .. Data[..0x1f],
            .. Encoding.ASCII.GetBytes("\r\n3E8;x=y\r\n"),
            .. Data[0x1f..1031],
            .. Encoding.ASCII.GetBytes("\r\n0\r\n\r\n"),
        ];
        using HttpServer server = new(_ => [.. head, .. body]);
        Assert.Equal(Data[..1031], Get(server, out long? total));
        Assert.Null(total);
    }

    /// <summary>Its end would be that of the connection, whoever made it.</summary>
    [Fact]
    public void A_file_of_unknown_length_is_read_only_for_a_digest()
    {
        using HttpServer server = new(_ => [.. "HTTP/1.1 200 OK\r\n\r\n"u8, .. Data]);
        HttpFailure e = Assert.Throws<HttpFailure>(() => Get(server, out _));
        Assert.Contains("Content-Length", e.Message, StringComparison.Ordinal);
        Assert.Equal(Data, Get(server, out long? total, Quick with { IsDigested = true }));
        Assert.Null(total);
    }

    [Fact]
    public void A_redirection_is_followed_and_a_circle_is_not()
    {
        using HttpServer server = new(request => request.Path == "/end"
            ? HttpServer.Response("200 OK", Data)
            : HttpServer.Response("302 Found", [], fields: $"Location: {(request.Path == "/file" ? "end" : "circle")}\r\n"));
        Assert.Equal(Data, Get(server, out _));
        Assert.Throws<HttpFailure>(() => HttpDownloadStream.Open(server.Address + "/circle", Quick, _ => { }));
    }

    [Fact]
    public void A_download_that_breaks_is_taken_up_where_it_broke()
    {
        using HttpServer server = new(request => request.From is { } from
            ? HttpServer.Response(
                "206 Partial Content",
                Data.AsSpan(from),
                90_000,
                $"Content-Range: bytes {from}-{Data.Length - 1}/{Data.Length}\r\nETag: \"a\"\r\n")
            : HttpServer.Response("200 OK", Data, 50_000, "ETag: \"a\"\r\n"));
        Assert.Equal(Data, Get(server, out _));
        Assert.Equal([null, 50_000, 140_000, 230_000], server.Requests.Select(request => request.From));
        Assert.All(server.Requests.Skip(1), request => Assert.Equal("\"a\"", request.Fields["If-Range"]));
    }

    [Fact]
    public void A_file_that_changed_meanwhile_is_refused()
    {
        using HttpServer server = new(request => HttpServer.Response(
            "200 OK", Data, request.From is null ? 50_000 : int.MaxValue, "ETag: \"b\"\r\n"));
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => Get(server, out _));
        Assert.Equal(ImageError.Changed, e.Error);
    }

    /// <summary>Some caches do not heed If-Range.</summary>
    [Fact]
    public void A_rest_of_another_state_is_refused()
    {
        using HttpServer server = new(request => HttpServer.Response(
            request.From is null ? "200 OK" : "206 Partial Content",
            Data.AsSpan(request.From ?? 0),
            request.From is null ? 50_000 : int.MaxValue,
            $"Content-Range: bytes {request.From}-299999/300000\r\nETag: \"{(request.From is null ? "a" : "b")}\"\r\n"));
        Assert.Equal(ImageError.Changed, Assert.Throws<ImageFormatException>(() => Get(server, out _)).Error);
    }

    /// <summary>Two states of a file of one size could be joined; where the whole has a digest, that would be noticed.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_nothing_tells_states_apart_a_download_is_resumed_only_for_a_digest(bool hasDigest)
    {
        using HttpServer server = new(request => HttpServer.Response(
            request.From is null ? "200 OK" : "206 Partial Content",
            Data.AsSpan(request.From ?? 0),
            request.From is null ? 50_000 : int.MaxValue,
            $"Content-Range: bytes {request.From}-299999/300000\r\n"));
        if (hasDigest)
        {
            Assert.Equal(Data, Get(server, out _, Quick with { IsDigested = true }));
        }
        else
        {
            HttpFailure e = Assert.Throws<HttpFailure>(() => Get(server, out _));
            Assert.Contains("--sha256", e.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>A chunked answer has no length; the rest tells what the whole has.</summary>
    [Fact]
    public void A_rest_that_comes_in_parts_is_read_to_its_end()
    {
        byte[] first =
        [
            .. Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nTransfer-Encoding: chunked\r\n\r\n3E8\r\n"),
            .. Data[..1000],
        ];
        using HttpServer server = new(request => request.From is { } from
            ? HttpServer.Response(
                "206 Partial Content",
                Data.AsSpan(from, Math.Min(100_000, Data.Length - from)),
                fields: $"Content-Range: bytes {from}-{Math.Min(from + 100_000, Data.Length) - 1}/{Data.Length}\r\n"
                    + "ETag: \"a\"\r\n")
            : first);
        Assert.Equal(Data, Get(server, out _));
    }

    [Fact]
    public void A_server_that_is_busy_is_asked_again()
    {
        int answers = 0;
        using HttpServer server = new(request => request.From is null
            ? HttpServer.Response("200 OK", Data, 50_000, "ETag: \"a\"\r\n")
            : ++answers < 3 ? HttpServer.Response("503 Busy", [])
            : HttpServer.Response(
                "206 Partial Content",
                Data.AsSpan(50_000),
                fields: $"Content-Range: bytes 50000-299999/{Data.Length}\r\nETag: \"a\"\r\n"));
        Assert.Equal(Data, Get(server, out _));
    }

    [Fact]
    public void A_server_that_does_not_resume_is_named()
    {
        using HttpServer server = new(request => HttpServer.Response(
            request.From is null ? "200 OK" : "416 No", Data, 50_000, "ETag: \"a\"\r\n"));
        HttpFailure e = Assert.Throws<HttpFailure>(() => Get(server, out _));
        Assert.Contains("broke at byte 50000", e.Message, StringComparison.Ordinal);
        Assert.Contains("416 No", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_never_comes_back_is_given_up()
    {
        using HttpServer server = new(request => HttpServer.Response(
            request.From is null ? "200 OK" : "206 Partial Content",
            Data,
            request.From is null ? 10 : 0,
            $"Content-Range: bytes {request.From}-299999/300000\r\nETag: \"a\"\r\n"));
        Assert.Throws<IOException>(() => Get(server, out _));
        Assert.Equal(1 + Quick.Tries, server.Requests.Count);
    }

    [Fact]
    public void What_the_server_says_is_passed_on()
    {
        using HttpServer server = new(_ => HttpServer.Response("404 Not Found", []));
        HttpFailure e = Assert.Throws<HttpFailure>(() => Get(server, out _));
        Assert.Contains("404 Not Found", e.Message, StringComparison.Ordinal);
        using HttpServer other = new(_ => "SSH-2.0-x\r\n"u8.ToArray());
        Assert.Throws<HttpFailure>(() => Get(other, out _));
        using HttpServer lost = new(_ => HttpServer.Response("302 Found", [], fields: "Location: http://[bad\r\n"));
        Assert.Throws<HttpFailure>(() => Get(lost, out _));
        using HttpServer odd = new(_ => HttpServer.Response("99999999999 OK", Data));
        Assert.Throws<HttpFailure>(() => Get(odd, out _));
        Assert.Throws<HttpFailure>(() => HttpDownloadStream.Open("http://", Quick, _ => { }));
    }

    [Fact]
    public void A_certificate_of_a_trusted_authority_is_demanded()
    {
        using X509Certificate2 trusted = Certificate();
        using X509Certificate2 other = Certificate();
        using HttpServer server = new(_ => HttpServer.Response("200 OK", Data), trusted);
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, trusted.ExportCertificatePem());
            Assert.Equal(Data, Get(server, out _, Quick with { CaFile = file }));
            File.WriteAllText(file, other.ExportCertificatePem());
            Assert.Throws<HttpFailure>(() => Get(server, out _, Quick with { CaFile = file }));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static byte[] Get(HttpServer server, out long? total, HttpOptions? options = null)
    {
        using HttpDownloadStream download = HttpDownloadStream.Open(server.Address + "/file", options ?? Quick, _ => { });
        total = download.Total;
        using MemoryStream read = new();
        download.CopyTo(read);
        return read.ToArray();
    }

    private static X509Certificate2 Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));

        // TLS servers want a key that is kept.
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
