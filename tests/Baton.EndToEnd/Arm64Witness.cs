using System.Globalization;
using Baton.Lab;
using Baton.Linux.Files;
using Baton.Machines;

namespace Baton.EndToEnd;

/// <summary>What a kernel of arm64 really saw, as guest/arm64-witness.c tells it on the console.</summary>
internal sealed class Arm64Witness
{
    private const string Prefix = "WITNESS ";

    private readonly Dictionary<string, (byte[] Bytes, string Checksum)> _files = new(StringComparer.Ordinal);

    /// <param name="console">The console; what the kernel printed may stand before and after.</param>
    public Arm64Witness(IReadOnlyList<ConsoleLine> console)
    {
        string path = "";
        List<(int Offset, byte[] Bytes)> data = [];
        foreach (string line in console.Select(line => line.Text).Where(IsTold))
        {
            switch (line[Prefix.Length..].Split(' '))
            {
                case ["file", string name]:
                    path = name;
                    data.Clear();
                    break;
                case ["data", string offset, string hex]:
                    data.Add((Number(offset), Convert.FromHexString(hex)));
                    break;
                case ["size", string size, string checksum]:
                    byte[] bytes = new byte[path == "/payload" ? 0 : Number(size)];
                    data.ForEach(part => part.Bytes.CopyTo(bytes, part.Offset));
                    _files[path] = (bytes, checksum);
                    break;
                default:
                    break;
            }
        }

        Assert.True(
            console.Any(line => line.Text == Prefix + "end"),
            "the witness did not report; the console's last lines:\n  | " + string.Join("\n  | ", console.TakeLast(40)));
    }

    /// <summary>FNV-1a, 64 bits, of a file, in hexadecimal.</summary>
    public string Checksum(string path) => _files[path].Checksum;

    /// <summary>A file's bytes.</summary>
    public byte[] Bytes(string path) => _files[path].Bytes;

    /// <summary>A file's only line.</summary>
    public string Line(string path) => System.Text.Encoding.UTF8.GetString(Bytes(path)).TrimEnd('\n');

    /// <summary>Writes the files as a machine record.</summary>
    /// <param name="directory">A directory that is empty or not there.</param>
    public Machine Save(string directory)
    {
        foreach ((string path, (byte[] bytes, _)) in _files.Where(file => file.Key != "/payload"))
        {
            string file = directory + path;
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, bytes);
        }

        return MachineReader.Read(new DirectoryFileTree(directory));
    }

    /// <summary>FNV-1a as the witness computes it.</summary>
    public static string ChecksumOf(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0xcbf2_9ce4_8422_2325;
        foreach (byte value in bytes)
        {
            sum = unchecked((sum ^ value) * 0x100_0000_01b3);
        }

        return sum.ToString("x16", CultureInfo.InvariantCulture);
    }

    private static bool IsTold(string line) => line.StartsWith(Prefix, StringComparison.Ordinal);

    private static int Number(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
