using System.Globalization;
using Baton.Bytes;

namespace Baton.Tests.Formats;

/// <summary>A vector of a file of single defects: what | offset | bytes | ImageError | field.</summary>
internal static class BrokenImages
{
    /// <summary>Makes the defect, and demands the error with its place.</summary>
    public static void Check(int line, string vector, byte[] valid, Func<byte[], object?> read)
    {
        string?[] fields = Vectors.Fields(vector);
        byte[] image = (byte[])valid.Clone();
        int offset = int.Parse(fields[1]!.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        Convert.FromHexString(fields[2]!.Replace(" ", "", StringComparison.Ordinal)).CopyTo(image, offset);
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => read(image));
        Assert.True(
            fields[3] == e.Error.ToString() && fields[4] == e.Where.Field, $"line {line}: {e.Error}: {e.Message}");
    }
}
