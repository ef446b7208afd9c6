using System.Numerics;
using System.Runtime.CompilerServices;

namespace Baton.Proofs.Arm64;

/// <summary>
/// The pure functions of the manual's shared pseudocode (J1.3); results of 32 bits have zeros above.
/// </summary>
internal static class Arm64Arithmetic
{
    /// <summary>The N flag in NZCV.</summary>
    public const uint Negative = 1U << 31;

    /// <summary>The Z flag in NZCV.</summary>
    public const uint IsZero = 1U << 30;

    /// <summary>The C flag in NZCV.</summary>
    public const uint Carry = 1U << 29;

    /// <summary>The V flag in NZCV.</summary>
    public const uint Overflow = 1U << 28;

    /// <summary>AddWithCarry for 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Add64(ulong a, ulong b, ulong carry, out uint flags)
    {
        unchecked
        {
            ulong sum = a + b + carry;
            bool carryOut = sum < a || (carry != 0 && sum == a);
            flags = FlagsOf64(sum) | (carryOut ? Carry : 0)
                | ((~(a ^ b) & (a ^ sum)) >> 63 != 0 ? Overflow : 0);
            return sum;
        }
    }

    /// <summary>AddWithCarry for 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Add32(uint a, uint b, uint carry, out uint flags)
    {
        unchecked
        {
            ulong wide = (ulong)a + b + carry;
            uint sum = (uint)wide;
            flags = FlagsOf32(sum) | (wide >> 32 != 0 ? Carry : 0)
                | ((~(a ^ b) & (a ^ sum)) >> 31 != 0 ? Overflow : 0);
            return sum;
        }
    }

    /// <summary>AddWithCarry.</summary>
    public static ulong Add(bool is64, ulong a, ulong b, uint carry, out uint flags) => is64
        ? Add64(a, b, carry, out flags)
        : Add32(unchecked((uint)a), unchecked((uint)b), carry, out flags);

    /// <summary>N and Z of a result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint FlagsOf64(ulong value) =>
        unchecked((uint)(value >> 32) & Negative) | (value == 0 ? IsZero : 0);

    /// <summary>N and Z of a result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint FlagsOf32(uint value) => (value & Negative) | (value == 0 ? IsZero : 0);

    /// <summary>ShiftReg: the amount is below the width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Shift(bool is64, ulong value, ShiftKind kind, int amount)
    {
        unchecked
        {
            if (is64)
            {
                return kind switch
                {
                    ShiftKind.Lsl => value << amount,
                    ShiftKind.Lsr => value >> amount,
                    ShiftKind.Asr => (ulong)((long)value >> amount),
                    _ => BitOperations.RotateRight(value, amount),
                };
            }

            uint low = (uint)value;
            return kind switch
            {
                ShiftKind.Lsl => low << amount,
                ShiftKind.Lsr => low >> amount,
                ShiftKind.Asr => (uint)((int)low >> amount),
                _ => BitOperations.RotateRight(low, amount),
            };
        }
    }

    /// <summary>ExtendReg: UXTB, UXTH, UXTW, UXTX, SXTB, SXTH, SXTW, SXTX, then a shift to the left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Extend(ulong value, int kind, int amount)
    {
        unchecked
        {
            ulong extended = kind switch
            {
                0 => (byte)value,
                1 => (ushort)value,
                2 => (uint)value,
                4 => (ulong)(sbyte)value,
                5 => (ulong)(short)value,
                6 => (ulong)(int)value,
                _ => value,
            };
            return extended << amount;
        }
    }

    /// <summary>Sign-extends a value of 1, 2 or 4 bytes to 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SignExtend(ulong value, int sizeLog2) => unchecked(sizeLog2 switch
    {
        0 => (ulong)(sbyte)value,
        1 => (ulong)(short)value,
        2 => (ulong)(int)value,
        _ => value,
    });

    /// <summary>Sign-extends the low bits of an immediate.</summary>
    public static ulong SignExtendBits(ulong value, int bits) =>
        unchecked((ulong)((long)(value << (64 - bits)) >> (64 - bits)));

    /// <summary>ConditionHolds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(int condition, uint flags)
    {
        bool n = (flags & Negative) != 0;
        bool z = (flags & IsZero) != 0;
        bool c = (flags & Carry) != 0;
        bool v = (flags & Overflow) != 0;
        bool holds = (condition >> 1) switch
        {
            0 => z,
            1 => c,
            2 => n,
            3 => v,
            4 => c && !z,
            5 => n == v,
            6 => n == v && !z,
            _ => true,
        };
        return (condition & 1) != 0 && condition != 15 ? !holds : holds;
    }

    /// <summary>Turns the order of the bits around.</summary>
    public static ulong ReverseBits(ulong value)
    {
        ulong v = ((value & 0x5555_5555_5555_5555) << 1) | ((value >> 1) & 0x5555_5555_5555_5555);
        v = ((v & 0x3333_3333_3333_3333) << 2) | ((v >> 2) & 0x3333_3333_3333_3333);
        v = ((v & 0x0f0f_0f0f_0f0f_0f0f) << 4) | ((v >> 4) & 0x0f0f_0f0f_0f0f_0f0f);
        return System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(v);
    }

    /// <summary>Turns the bytes of each halfword around.</summary>
    public static ulong ReverseBytesOfHalfwords(ulong value) =>
        ((value & 0x00ff_00ff_00ff_00ff) << 8) | ((value >> 8) & 0x00ff_00ff_00ff_00ff);

    /// <summary>Sign bits below the sign bit.</summary>
    public static int CountLeadingSignBits(bool is64, ulong value) => unchecked(is64
        ? BitOperations.LeadingZeroCount((value ^ (value << 1)) | 1)
        : BitOperations.LeadingZeroCount(((uint)value ^ ((uint)value << 1)) | 1U));

    /// <summary>Division that rounds towards zero; by zero it gives zero.</summary>
    public static ulong DivideSigned(bool is64, ulong a, ulong b)
    {
        unchecked
        {
            if (is64)
            {
                return b == 0 ? 0 : b == ulong.MaxValue ? 0 - a : (ulong)((long)a / (long)b);
            }

            int divisor = (int)b;
            return divisor == 0 ? 0 : divisor == -1 ? 0U - (uint)a : (uint)((int)a / divisor);
        }
    }

    /// <summary>CRC-32 of the low bytes of a value, bit-reflected, without inversion before and after.</summary>
    /// <param name="polynomial">0xedb88320 for CRC32, 0x82f63b78 for CRC32C.</param>
    /// <param name="crc">The sum so far.</param>
    /// <param name="value">The bytes, the lowest first.</param>
    /// <param name="size">1, 2, 4 or 8.</param>
    public static uint Crc(uint polynomial, uint crc, ulong value, int size)
    {
        for (int i = 0; i < size; i++)
        {
            crc ^= (byte)(value >> (8 * i) & 0xff);
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
            }
        }

        return crc;
    }
}
