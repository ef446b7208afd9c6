using System.Numerics;
using Baton.Bytes;

namespace Baton.Formats;

/// <summary>A field's declaration without its type: what a report lists and what the tests of a layout check.</summary>
/// <param name="Name">The specification's name; members of members are joined by dots.</param>
/// <param name="Offset">Offset in bytes from the start of the structure.</param>
/// <param name="Size">Size in bytes: 1, 2, 4 or 8.</param>
/// <param name="Since">The version that brought the field, as <c>0xMMmm</c>; 0 when it was always there.</param>
public sealed record DeclaredField(string Name, int Offset, int Size, ushort Since)
{
    /// <summary>First byte after the field.</summary>
    public int End => Offset + Size;

    /// <summary>The declaration of a typed field.</summary>
    public static DeclaredField Of<T>(Field<T> field, ushort since = 0)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T> =>
        new(field.Name, field.Offset, Field<T>.Size, since);

    /// <summary>Reads the field, widened to 64 bits.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.Truncated"/>: the image ends before it.</exception>
    public ulong Read(ByteView structure)
    {
        ReadOnlySpan<byte> bytes = structure.Take(Offset, Size, Name);
        ulong value = 0;
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }

        return value;
    }
}

/// <summary>An array or a structure inside another one: where it starts and how long it is.</summary>
/// <param name="Offset">Offset in bytes from the start of the structure.</param>
/// <param name="Length">Size in bytes.</param>
/// <param name="Name">The specification's name.</param>
public sealed record DeclaredBlock(int Offset, int Length, string Name)
{
    /// <summary>First byte after the block.</summary>
    public int End => Offset + Length;
}
