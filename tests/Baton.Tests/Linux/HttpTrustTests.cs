using Baton.Linux.Http;
using Baton.Tests.Formats;

namespace Baton.Tests.Linux;

/// <summary>Files of certificates that are none.</summary>
public sealed class HttpTrustTests : IDisposable
{
    private readonly ForeignTool.TemporaryFolder _folder = ForeignTool.Folder();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "no certificate in it")]
    [InlineData("something else\n", "no certificate in it")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "a certificate in it cannot be read")]
    public void A_file_without_certificates_is_the_users_to_mend(string text, string words)
    {
        string file = _folder.File("ca.pem");
        File.WriteAllText(file, text);
        using HttpServer server = new(_ => []);
        HttpFailure e = Assert.Throws<HttpFailure>(() => HttpDownloadStream.Open(
            server.Address.Replace("http:", "https:", StringComparison.Ordinal) + "/file",
            new HttpOptions { CaFile = file, FirstWait = TimeSpan.Zero, Patience = TimeSpan.FromSeconds(20) },
            _ => { }));
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.Contains(file, e.Message, StringComparison.Ordinal);
    }
}
