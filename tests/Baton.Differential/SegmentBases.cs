using System.Buffers.Binary;

namespace Baton.Differential;

/// <summary>Segments as the descriptor table of the guest has them.</summary>
public sealed class SegmentBases(byte[] gdt)
{
    private const int Cs = 0;
    private const int Fs = 4;
    private const int Gs = 5;

    /// <summary>The base that a segment register has in a mode after loading a selector.</summary>
    public ulong Of(ExecutionMode mode, int segment, ushort selector)
    {
        ArgumentNullException.ThrowIfNull(mode);
        if (mode.IsReal)
        {
            return (ulong)selector << 4;
        }

        if (mode.LongBases is { } bases)
        {
            return segment switch
            {
                Fs => bases.Fs,
                Gs => bases.Gs,
                _ => 0,
            };
        }

        return segment == Cs || selector >= 4 ? Base(selector) : 0;
    }

    /// <summary>The base in a descriptor.</summary>
    public ulong Base(ushort selector)
    {
        ulong descriptor = Descriptor(selector);
        return ((descriptor >> 16) & 0xFFFFFF) | ((descriptor >> 56) << 24);
    }

    /// <summary>A descriptor's eight bytes; zero outside the table.</summary>
    public ulong Descriptor(ushort selector) => selector <= GuestLayout.GdtLimit
        ? BinaryPrimitives.ReadUInt64LittleEndian(gdt.AsSpan(selector & ~7))
        : 0;
}
