using System.Numerics;
using System.Runtime.CompilerServices;

namespace Baton.Bytes;

/// <summary>
/// One little-endian field at a fixed offset, under the name the specification gives it. Reading, writing, error
/// text, reports and the tests of the layout all use this one declaration.
/// </summary>
/// <param name="Offset">Offset in bytes from the start of the structure.</param>
/// <param name="Name">The specification's name.</param>
public readonly record struct Field<T>(int Offset, string Name)
    where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
{
    /// <summary>Size in bytes.</summary>
    public static int Size => Unsafe.SizeOf<T>();

    /// <summary>First byte after the field.</summary>
    public int End => Offset + Size;

    /// <summary>Reads the field.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Truncated"/>: the image ends before it.</exception>
    public T Read(ByteView image) => T.ReadLittleEndian(image.Take(Offset, Size, Name), isUnsigned: true);

    /// <summary>Reads the field of the structure that starts at <paramref name="origin"/>.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Truncated"/>: the image ends before it.</exception>
    public T ReadAt(ByteView image, long origin) =>
        T.ReadLittleEndian(image.Take(origin + Offset, Size, Name), isUnsigned: true);

    /// <summary>Writes the field into a block that starts at the structure's first byte.</summary>
    public void Write(Span<byte> block, T value) => value.WriteLittleEndian(block[Offset..]);

    /// <summary>Reads the field and demands a value.</summary>
    /// <exception cref="ImageFormatException"><paramref name="error"/>: it holds another value.</exception>
    public void Expect(ByteView image, T value, ImageError error)
    {
        T found = Read(image);
        if (found != value)
        {
            throw Fault(image, error, $"found 0x{found:x}, expected 0x{value:x}");
        }
    }

    /// <summary>Makes the exception for a defect of this field.</summary>
    public ImageFormatException Fault(ByteView image, ImageError error, string problem) =>
        image.Fault(error, Offset, Name, problem);
}
