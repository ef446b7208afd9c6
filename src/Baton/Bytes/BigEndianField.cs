using System.Numerics;
using System.Runtime.CompilerServices;

namespace Baton.Bytes;

/// <summary>
/// One big-endian field at a fixed offset, under the name the specification gives it. A type of its own, so that a
/// field cannot be read in the other order by mistake.
/// </summary>
/// <param name="Offset">Offset in bytes from the start of the structure.</param>
/// <param name="Name">The specification's name.</param>
public readonly record struct BigEndianField<T>(int Offset, string Name)
    where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
{
    /// <summary>Size in bytes.</summary>
    public static int Size => Unsafe.SizeOf<T>();

    /// <summary>First byte after the field.</summary>
    public int End => Offset + Size;

    /// <summary>Reads the field.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Truncated"/>: the image ends before it.</exception>
    public T Read(ByteView image) => ReadAt(image, 0);

    /// <summary>Reads the field of the structure that starts at <paramref name="origin"/>.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Truncated"/>: the image ends before it.</exception>
    public T ReadAt(ByteView image, long origin) =>
        T.ReadBigEndian(image.Take(origin + Offset, Size, Name), isUnsigned: true);

    /// <summary>Writes the field into a block that starts at the structure's first byte.</summary>
    public void Write(Span<byte> block, T value) => value.WriteBigEndian(block[Offset..]);

    /// <summary>Makes the exception for a defect of this field.</summary>
    public ImageFormatException Fault(ByteView image, ImageError error, string problem) =>
        image.Fault(error, Offset, Name, problem);
}
