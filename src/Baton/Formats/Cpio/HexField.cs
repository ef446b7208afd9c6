using System.Globalization;
using System.Text;
using Baton.Bytes;

namespace Baton.Formats.Cpio;

/// <summary>A 32-bit number written as eight hexadecimal digits.</summary>
/// <param name="Offset">Offset in bytes from the start of the header.</param>
/// <param name="Name">The specification's name.</param>
public readonly record struct HexField(int Offset, string Name)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 8;

    /// <summary>First byte after the field.</summary>
    public int End => Offset + Size;

    /// <summary>Reads the field.</summary>
    /// <exception cref="ImageFormatException">The header ends before it, or it is not a hexadecimal number.</exception>
    public uint Read(ByteView header)
    {
        ReadOnlySpan<byte> digits = header.Take(Offset, Size, Name);
        if (!uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value))
        {
            throw header.Fault(
                ImageError.BadSyntax,
                Offset,
                Name,
                $"found \"{PrintableText.Of(digits)}\", expected {Size} hexadecimal digits");
        }

        return value;
    }

    /// <summary>Writes the field into a header.</summary>
    public void Write(Span<byte> header, uint value) =>
        Encoding.ASCII.GetBytes(value.ToString("x8", CultureInfo.InvariantCulture), header.Slice(Offset, Size));
}
