using System.CommandLine;
using Baton.Bytes;
using Baton.Linux.Http;

namespace Baton.Cli;

/// <summary>What the user said about data that stream in.</summary>
/// <param name="Decompress">Whether initrds are unpacked on their way.</param>
/// <param name="Sha256">The digest that each initrd must have, in their order; empty to check none.</param>
/// <param name="CaFile">Certificates that are trusted in place of the system's; null for the system's.</param>
/// <param name="Environment">Where progress is shown.</param>
internal sealed record StreamWishes(
    bool Decompress, IReadOnlyList<string> Sha256, string? CaFile, CommandEnvironment Environment);

/// <summary>The options of the commands that take initrds as they arrive: load and run.</summary>
internal sealed class StreamOptions
{
    private readonly Option<bool> _decompress = new("--decompress")
    {
        Description = "unpack the initrds while they are read (gzip, xz, lzma, zstd, lz4)",
    };

    private readonly Option<string[]> _sha256 = new("--sha256")
    {
        Description = "the digest of an initrd as it is handed over; once for each --initrd, in their order, then for --ramdisk",
        HelpName = "HEX",
    };

    private readonly Option<string?> _caFile = new("--ca-file")
    {
        Description = "certificates (PEM) that servers are trusted by, in place of the system's",
        HelpName = "FILE",
    };

    public void AddTo(Command command)
    {
        command.Add(_decompress);
        command.Add(_sha256);
        command.Add(_caFile.RefuseEmpty());
    }

    /// <summary>Reads the values.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="handoff">What else it says.</param>
    /// <param name="environment">Where progress is shown.</param>
    /// <exception cref="CommandException">A digest is none, or an option has nothing to act on.</exception>
    public StreamWishes Read(ParseResult parsed, HandoffRequest handoff, CommandEnvironment environment)
    {
        if (parsed.GetValue(_decompress) && !handoff.Arriving.Any())
        {
            throw new CommandException(ExitCode.Usage, "--decompress has nothing to unpack; give --initrd or --ramdisk");
        }

        if (parsed.GetValue(_caFile) is not null && !handoff.Arriving.Any(HttpDownloadStream.IsAddress))
        {
            throw new CommandException(ExitCode.Usage, "--ca-file has no server to judge; nothing comes by http(s)://");
        }

        string[] digests = parsed.GetValue(_sha256) ?? [];
        foreach (string digest in digests)
        {
            if (digest.Length != 2 * Sha256.DigestSize || !digest.All(char.IsAsciiHexDigit))
            {
                throw new CommandException(
                    ExitCode.Usage, $"--sha256 {digest}: expected {2 * Sha256.DigestSize} hexadecimal digits");
            }
        }

        return new StreamWishes(
            parsed.GetValue(_decompress),
            [.. digests.Select(digest => digest.ToLowerInvariant())],
            parsed.GetValue(_caFile),
            environment);
    }
}
