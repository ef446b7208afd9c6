using System.Text;
using Baton.Bytes;

namespace Baton.Tests.Machines;

/// <summary>Damage of every sort: the reader may answer or throw ImageFormatException, nothing else.</summary>
internal static class Corruptions
{
    private const int Seed = 0x6261746f;
    private const int ShownBytes = 512;

    private static readonly byte[] Extremes = [0x00, 0x7f, 0x80, 0xff];

    /// <summary>What text parsers stumble over: signs, digits, separators, numbers at the edges.</summary>
    private static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "-", ":", " ", "\n", "0x", "ffffffffffffffff", "10000000000000000", "18446744073709551615", "0", "\0",
            "=", "\t", "  ", " : ", "kB", "é", "\r\n", "7fffffffffffffff", "fffffffffffff000", "1 ", "/", "\u2028",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>Every prefix, runs of extreme bytes at every offset, and seeded random damage.</summary>
    /// <param name="valid">An input that the reader accepts.</param>
    /// <param name="read">Reads an input and every member of the result.</param>
    /// <param name="count">How many random inputs.</param>
    /// <param name="step">Distance of the prefixes and runs that are tried, for inputs of many bytes.</param>
    public static void Check(byte[] valid, Action<byte[]> read, int count = 100_000, int step = 1)
    {
        read(valid);
        for (int length = 0; length < valid.Length; length += step)
        {
            Try(valid[..length], read, $"prefix of {length} bytes");
        }

        for (int offset = 0; offset < valid.Length; offset += step)
        {
            foreach (byte extreme in Extremes)
            {
                for (int run = 1; run <= 8; run *= 2)
                {
                    byte[] damaged = [.. valid];
                    damaged.AsSpan(offset, Math.Min(run, valid.Length - offset)).Fill(extreme);
                    Try(damaged, read, $"{run} bytes 0x{extreme:x2} at {offset}");
                }
            }
        }

        Random random = new(Seed);
        for (int i = 0; i < count; i++)
        {
            List<byte> damaged = [.. valid];
            for (int wounds = random.Next(1, 5); wounds > 0; wounds--)
            {
                Damage(damaged, random);
            }

            Try([.. damaged], read, $"random damage {i}");
        }
    }

    private static void Damage(List<byte> bytes, Random random)
    {
        int at = random.Next(bytes.Count + 1);
        int length = Math.Min(random.Next(1, 12), bytes.Count - at);
        switch (random.Next(6))
        {
            case 0 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 1 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(at, Tokens[random.Next(Tokens.Length)]);
                break;
            case 4:
                bytes.RemoveRange(at, length);
                bytes.InsertRange(at, Tokens[random.Next(Tokens.Length)]);
                break;
            default:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
        }
    }

    private static void Try(byte[] damaged, Action<byte[]> read, string what)
    {
        try
        {
            read(damaged);
        }
        catch (ImageFormatException e)
        {
            Assert.NotEmpty(e.Message);
        }
        catch (Exception e)
        {
            string bytes = damaged.Length <= ShownBytes ? Convert.ToHexString(damaged) : $"{damaged.Length} bytes";
            throw new InvalidOperationException($"{what}: {e.GetType()}: {e.Message}\n{bytes}", e);
        }
    }
}
