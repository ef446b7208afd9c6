namespace Baton.Trampolines;

/// <content>Data between the instructions.</content>
public sealed partial class X64Assembler
{
    /// <summary>Writes bytes as they are.</summary>
    public void Data(params ReadOnlySpan<byte> bytes) => Emit(bytes);

    /// <summary>Writes 2 bytes, little-endian.</summary>
    public void Data16(ushort value) => Emit(unchecked((byte)value), (byte)(value >> 8));

    /// <summary>Writes 4 bytes, little-endian.</summary>
    public void Data32(uint value) => Emit32(value);

    /// <summary>Writes the address of a label in 4 bytes; it must lie below 4 GiB.</summary>
    public void Data32(Label label) => EmitReference(Reference.Absolute32, label);

    /// <summary>Writes 8 bytes, little-endian.</summary>
    public void Data64(ulong value) => Emit64(value);

    /// <summary>Writes the address of a label in 8 bytes.</summary>
    public void Data64(Label label) => EmitReference(Reference.Absolute64, label);

    /// <summary>
    /// Fills up to a multiple of <paramref name="alignment"/> bytes from the origin with <c>int3</c>: code that runs
    /// into the gap stops there.
    /// </summary>
    public void Align(int alignment)
    {
        if (!int.IsPow2(alignment))
        {
            throw new ArgumentOutOfRangeException(nameof(alignment), alignment, "not a power of two");
        }

        while ((Offset & (alignment - 1)) != 0)
        {
            Emit(0xCC);
        }
    }
}
