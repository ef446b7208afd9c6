using System.Numerics;

namespace Baton.Trampolines;

/// <content>
/// Arithmetic and logic. Immediates of add, sub and cmp are 12 bits, or 12 bits followed by 12 zeros.
/// </content>
public sealed partial class Arm64Assembler
{
    private const uint Subtract = 1U << 30;
    private const uint SetsFlags = 1U << 29;

    /// <summary>Adds an immediate.</summary>
    public void Add(RegX to, RegX left, int value) => AddImmediate(0, OrStack(to), left, value);

    /// <summary>Subtracts an immediate.</summary>
    public void Sub(RegX to, RegX left, int value) => AddImmediate(Subtract, OrStack(to), left, value);

    /// <summary>Subtracts an immediate and sets the flags.</summary>
    public void Subs(RegX to, RegX left, int value) => AddImmediate(Subtract | SetsFlags, OrZero(to), left, value);

    /// <summary>Compares with an immediate.</summary>
    public void Cmp(RegX left, int value) => Subs(RegX.Zr, left, value);

    /// <summary>Adds two registers.</summary>
    public void Add(RegX to, RegX left, RegX right) => AddRegister(0, to, left, right);

    /// <summary>Subtracts a register.</summary>
    public void Sub(RegX to, RegX left, RegX right) => AddRegister(Subtract, to, left, right);

    /// <summary>Compares two registers.</summary>
    public void Cmp(RegX left, RegX right) => AddRegister(Subtract | SetsFlags, RegX.Zr, left, right);

    /// <summary>And.</summary>
    public void And(RegX to, RegX left, RegX right) => Logic(0x8A00_0000, to, left, right);

    /// <summary>Or.</summary>
    public void Orr(RegX to, RegX left, RegX right) => Logic(0xAA00_0000, to, left, right);

    /// <summary>Exclusive or.</summary>
    public void Eor(RegX to, RegX left, RegX right) => Logic(0xCA00_0000, to, left, right);

    /// <summary>And with the inverse of the right one.</summary>
    public void Bic(RegX to, RegX left, RegX right) => Logic(0x8A20_0000, to, left, right);

    /// <summary>And with a mask that is a rotated run of ones, or such a one repeated.</summary>
    /// <exception cref="ArgumentException">The mask is something else.</exception>
    public void And(RegX to, RegX left, ulong mask) =>
        Emit(0x9200_0000 | Mask(mask) | (OrZero(left) << 5) | OrStack(to));

    /// <summary>Or with a mask that is a rotated run of ones, or such a one repeated.</summary>
    /// <exception cref="ArgumentException">The mask is something else.</exception>
    public void Orr(RegX to, RegX left, ulong mask) =>
        Emit(0xB200_0000 | Mask(mask) | (OrZero(left) << 5) | OrStack(to));

    /// <summary>Sets the flags by the bits under a mask that is a rotated run of ones, or such a one repeated.</summary>
    /// <exception cref="ArgumentException">The mask is something else.</exception>
    public void Tst(RegX left, ulong mask) => Emit(0xF200_001F | Mask(mask) | (OrZero(left) << 5));

    /// <summary>Shifts left by 0 to 63 bits.</summary>
    public void Lsl(RegX to, RegX from, int count)
    {
        uint shift = Ranged(count, 0, 63, nameof(count));
        Bitfield(to, from, (64 - shift) & 63, 63 - shift);
    }

    /// <summary>Shifts right by 0 to 63 bits; zeros come in.</summary>
    public void Lsr(RegX to, RegX from, int count) => Bitfield(to, from, Ranged(count, 0, 63, nameof(count)), 63);

    /// <summary>Takes <paramref name="width"/> bits from bit <paramref name="bit"/> on down to bit 0.</summary>
    public void Ubfx(RegX to, RegX from, int bit, int width)
    {
        uint first = Ranged(bit, 0, 63, nameof(bit));
        Bitfield(to, from, first, first + Ranged(width, 1, 64 - bit, nameof(width)) - 1);
    }

    /// <summary>Shifts left by a register's lowest 6 bits.</summary>
    public void Lsl(RegX to, RegX from, RegX count) =>
        Emit(0x9AC0_2000 | (OrZero(count) << 16) | (OrZero(from) << 5) | OrZero(to));

    /// <summary>Reverses 8 bytes: big-endian becomes little-endian.</summary>
    public void Rev(RegX to, RegX from) => Emit(0xDAC0_0C00 | (OrZero(from) << 5) | OrZero(to));

    /// <summary>Reverses 4 bytes; the register's upper half becomes zero.</summary>
    public void Rev(RegW to, RegW from) => Emit(0x5AC0_0800U | ((uint)from.Number << 5) | to.Number);

    private void Bitfield(RegX to, RegX from, uint rotation, uint last) =>
        Emit(0xD340_0000 | (rotation << 16) | (last << 10) | (OrZero(from) << 5) | OrZero(to));

    private void AddImmediate(uint operation, uint to, RegX left, int value)
    {
        bool shifted = value > 0xfff && (value & 0xfff) == 0;
        uint immediate = Ranged(shifted ? value >> 12 : value, 0, 0xfff, nameof(value));
        Emit(0x9100_0000 | operation | (shifted ? 1U << 22 : 0) | (immediate << 10) | (OrStack(left) << 5) | to);
    }

    private void AddRegister(uint operation, RegX to, RegX left, RegX right)
    {
        if (!to.IsSp && !left.IsSp)
        {
            Emit(0x8B00_0000 | operation | (OrZero(right) << 16) | (OrZero(left) << 5) | OrZero(to));
            return;
        }

        // Only the form with an extended register has the stack pointer; uxtx extends 64 bits to 64.
        uint target = (operation & SetsFlags) != 0 ? OrZero(to) : OrStack(to);
        Emit(0x8B20_6000 | operation | (OrZero(right) << 16) | (OrStack(left) << 5) | target);
    }

    private void Logic(uint opcode, RegX to, RegX left, RegX right) =>
        Emit(opcode | (OrZero(right) << 16) | (OrZero(left) << 5) | OrZero(to));

    /// <summary>N, immr and imms in bits 22 to 10 (DecodeBitMasks of the manual's shared pseudocode, backwards).</summary>
    private static uint Mask(ulong mask)
    {
        if (mask is 0 or ulong.MaxValue)
        {
            throw new ArgumentException($"0x{mask:x} is no logical immediate: neither all zeros nor all ones is", nameof(mask));
        }

        int size = 64;
        while (size > 2 && Element(mask, size / 2) == Element(mask >> (size / 2), size / 2)
            && BitOperations.RotateRight(mask, size / 2) == mask)
        {
            size /= 2;
        }

        // Rotated so that the run starts at bit 0, an element is all ones from there.
        ulong element = Element(mask, size);
        int ones = BitOperations.PopCount(element);
        for (int rotation = 0; rotation < size; rotation++)
        {
            ulong run = rotation == 0 ? element : Element((element << rotation) | (element >> (size - rotation)), size);
            if (run == (1UL << ones) - 1)
            {
                uint imms = (uint)((0x80 - (size * 2)) & 0x3f) | (uint)(ones - 1);
                return (size == 64 ? 1U << 22 : 0) | ((uint)rotation << 16) | (imms << 10);
            }
        }

        throw new ArgumentException($"0x{mask:x} is no logical immediate: not one rotated run of ones", nameof(mask));
    }

    private static ulong Element(ulong mask, int size) => size == 64 ? mask : mask & ((1UL << size) - 1);
}
