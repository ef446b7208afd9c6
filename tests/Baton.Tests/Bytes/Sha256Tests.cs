using System.Security.Cryptography;
using Baton.Bytes;

namespace Baton.Tests.Bytes;

/// <summary>Our SHA-256 against the base library's, which is OpenSSL's.</summary>
public sealed class Sha256Tests
{
    [Fact]
    public void It_is_what_another_one_says()
    {
        Random random = new(256);
        for (int length = 0; length < 400; length++)
        {
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), Sha256.HexOf(bytes));
        }
    }

    [Fact]
    public void Pieces_do_not_matter()
    {
        byte[] bytes = new byte[100_000];
        Random random = new(7);
        random.NextBytes(bytes);
        for (int run = 0; run < 20; run++)
        {
            Sha256 hash = new();
            for (int at = 0; at < bytes.Length;)
            {
                int count = Math.Min(random.Next(0, 3000), bytes.Length - at);
                hash.Add(bytes.AsSpan(at, count));
                at += count;
            }

            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), hash.EndHex());
        }
    }
}
