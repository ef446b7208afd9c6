using Baton.Bytes;

namespace Baton.Tests.Formats;

/// <summary>
/// Damages a valid image in 100,000 ways, the same each time: runs of boundary bytes at each offset of its headers, then
/// random changes and cuts. Whatever a parser makes of one must be a result that can be read, or an
/// <see cref="ImageFormatException"/>.
/// </summary>
internal static class Corruption
{
    public const int Count = 100_000;

    private static readonly byte[] Extremes = [0x00, 0x7f, 0x80, 0xff];
    private static readonly int[] Runs = [1, 2, 4, 8];

    /// <summary>Tries all of them.</summary>
    /// <param name="valid">The image.</param>
    /// <param name="headers">The ranges of offsets that hold headers.</param>
    /// <param name="read">Parses the image; the result is read member by member.</param>
    public static void Check(byte[] valid, IReadOnlyList<Range> headers, Func<byte[], object?> read)
    {
        ArgumentNullException.ThrowIfNull(EveryMember.Read(read(valid)));
        int cases = 0;
        foreach (Range range in headers)
        {
            (int start, int length) = range.GetOffsetAndLength(valid.Length);
            for (int offset = start; offset < start + length; offset++)
            {
                foreach (int run in Runs)
                {
                    foreach (byte value in Extremes)
                    {
                        byte[] image = (byte[])valid.Clone();
                        image.AsSpan(offset, Math.Min(run, image.Length - offset)).Fill(value);
                        Try(image, read, $"{run} times 0x{value:x2} at 0x{offset:x}");
                        cases++;
                    }
                }
            }
        }

        Assert.True(cases < Count, $"{cases} cases of boundary values leave no room for random ones");
        for (int seed = 0; cases < Count; seed++, cases++)
        {
            Try(Damage(valid, headers, seed), read, $"seed {seed}");
        }
    }

    /// <summary>Each prefix is read, or is too short; nothing else.</summary>
    public static void CheckPrefixes(byte[] valid, Func<byte[], object?> read)
    {
        for (int length = 0; length < valid.Length; length++)
        {
            try
            {
                EveryMember.Read(read(valid[..length]));
            }
            catch (ImageFormatException e) when (e.Error == ImageError.Truncated)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"the first {length} bytes: {e}");
            }
        }
    }

    private static byte[] Damage(byte[] valid, IReadOnlyList<Range> headers, int seed)
    {
        Random random = new(seed);
        byte[] image = (byte[])valid.Clone();
        for (int changes = random.Next(1, 6); changes > 0; changes--)
        {
            (int start, int length) = headers[random.Next(headers.Count)].GetOffsetAndLength(image.Length);
            int offset = random.Next(8) == 0 ? random.Next(image.Length) : start + random.Next(length);
            if (random.Next(2) == 0)
            {
                image[offset] = (byte)random.Next(256);
            }
            else
            {
                int run = Math.Min(Runs[random.Next(Runs.Length)], image.Length - offset);
                image.AsSpan(offset, run).Fill(Extremes[random.Next(Extremes.Length)]);
            }
        }

        return random.Next(10) == 0 ? image[..random.Next(image.Length)] : image;
    }

    private static void Try(byte[] image, Func<byte[], object?> read, string damage)
    {
        try
        {
            EveryMember.Read(read(image));
        }
        catch (ImageFormatException)
        {
        }
        catch (Exception e)
        {
            Assert.Fail($"{damage}: {e}");
        }
    }
}
