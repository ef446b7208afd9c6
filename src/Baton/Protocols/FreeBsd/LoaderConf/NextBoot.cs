using System.Text;

namespace Baton.Protocols.FreeBsd.LoaderConf;

/// <summary>
/// nextboot.conf holds for one boot: whoever starts the kernel that it asks for disables it, by its first line.
/// </summary>
public static class NextBoot
{
    private const string Disabled = "nextboot_enable=\"NO\"";

    /// <summary>
    /// The file with the first line disabled. A first line that enables it is replaced, without a change of length where
    /// possible, so that it can be written in place; where there is none, one is put in front.
    /// </summary>
    public static byte[] Disable(ReadOnlySpan<byte> file)
    {
        int end = file.IndexOf((byte)'\n');
        ReadOnlySpan<byte> first = end < 0 ? file : file[..end];
        ReadOnlySpan<byte> rest = end < 0 ? [] : file[end..];
        LoaderLine line = LoaderLine.Parse(Encoding.UTF8.GetString(first));
        return line is { Kind: LoaderLineKind.Variable, Name: "nextboot_enable" }
            ? [.. Encoding.ASCII.GetBytes(Disabled.PadRight(first.Length)), .. rest]
            : [.. Encoding.ASCII.GetBytes(Disabled + "\n"), .. file];
    }
}
