using System.Buffers.Binary;

namespace Baton.Trampolines;

/// <content>Data between the instructions.</content>
public sealed partial class Arm64Assembler
{
    /// <summary>Writes bytes as they are.</summary>
    public void Data(params ReadOnlySpan<byte> bytes) => _code.AddRange(bytes);

    /// <summary>Writes 4 bytes, little-endian.</summary>
    public void Data32(uint value) => Emit32(value);

    /// <summary>Writes 8 bytes, little-endian.</summary>
    public void Data64(ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _code.AddRange(bytes);
    }

    /// <summary>Writes the address of a label, by the origin, in 8 bytes.</summary>
    public void Data64(Label label)
    {
        CheckOwner(label);
        _fixups.Add(new Fixup(Reference.Absolute64, label, Offset));
        Data64(0);
    }

    /// <summary>
    /// Fills up to a multiple of <paramref name="alignment"/> bytes from the origin with zeros, which are no instruction
    /// (<c>udf</c>): code that runs into the gap stops there.
    /// </summary>
    public void Align(int alignment)
    {
        if (!int.IsPow2(alignment))
        {
            throw new ArgumentOutOfRangeException(nameof(alignment), alignment, "not a power of two");
        }

        while (((Origin + (ulong)Offset) & ((ulong)alignment - 1)) != 0)
        {
            _code.Add(0);
        }
    }
}
