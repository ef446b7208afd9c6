using System.Buffers.Binary;

namespace Baton.Trampolines;

/// <summary>What every processor's assembler has: bytes that grow, labels, and data between the instructions.</summary>
/// <param name="origin">The physical address where the code will lie, in bytes.</param>
public abstract class Assembler(ulong origin)
{
    private readonly List<byte> _code = [];

    /// <summary>The physical address of the first byte.</summary>
    public ulong Origin { get; } = origin;

    /// <summary>Bytes written so far.</summary>
    public int Offset => _code.Count;

    /// <summary>What gaps are filled with: no instruction, so that code that runs into one stops there.</summary>
    protected abstract byte Gap { get; }

    /// <summary>Makes a label that is not bound yet.</summary>
    public Label NewLabel(string name) => new(this, name);

    /// <summary>Makes a label for the current place.</summary>
    public Label Here(string name)
    {
        Label label = NewLabel(name);
        Bind(label);
        return label;
    }

    /// <summary>Binds a label to the current place.</summary>
    /// <exception cref="InvalidOperationException">It is bound already, or belongs to another assembler.</exception>
    public void Bind(Label label)
    {
        CheckOwner(label);
        if (label.Offset is { } bound)
        {
            throw new InvalidOperationException($"label \"{label}\" is already bound to 0x{bound:x}");
        }

        label.Offset = Offset;
    }

    /// <summary>The address of a bound label.</summary>
    /// <exception cref="InvalidOperationException">The label is not bound, or belongs to another assembler.</exception>
    public ulong AddressOf(Label label)
    {
        CheckOwner(label);
        return label.Offset is { } offset
            ? Origin + (ulong)offset
            : throw new InvalidOperationException($"label \"{label}\" is used and never bound");
    }

    /// <summary>The finished code, with every reference filled in.</summary>
    /// <exception cref="InvalidOperationException">A label is not bound, or not where its reference can reach it.</exception>
    public byte[] Build()
    {
        byte[] code = [.. _code];
        Resolve(code);
        return code;
    }

    /// <summary>Writes bytes as they are.</summary>
    public void Data(params ReadOnlySpan<byte> bytes) => _code.AddRange(bytes);

    /// <summary>Writes 2 bytes, little-endian.</summary>
    public void Data16(ushort value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        Data(bytes);
    }

    /// <summary>Writes 4 bytes, little-endian.</summary>
    public void Data32(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Data(bytes);
    }

    /// <summary>Writes 8 bytes, little-endian.</summary>
    public void Data64(ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Data(bytes);
    }

    /// <summary>Fills up to an address that is a multiple of <paramref name="alignment"/> bytes with <see cref="Gap"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The alignment is not a power of two.</exception>
    public void Align(int alignment)
    {
        if (!int.IsPow2(alignment))
        {
            throw new ArgumentOutOfRangeException(nameof(alignment), alignment, "not a power of two");
        }

        while (((Origin + (ulong)Offset) & ((ulong)alignment - 1)) != 0)
        {
            Data(Gap);
        }
    }

    /// <summary>Fills the references in.</summary>
    /// <param name="code">All the code.</param>
    protected abstract void Resolve(Span<byte> code);

    /// <summary>Makes sure that a label is one of this assembler's.</summary>
    /// <exception cref="InvalidOperationException">It belongs to another.</exception>
    protected void CheckOwner(Label label)
    {
        ArgumentNullException.ThrowIfNull(label);
        if (label.Owner != this)
        {
            throw new InvalidOperationException($"label \"{label}\" belongs to another assembler");
        }
    }
}
