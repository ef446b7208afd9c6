using System.Numerics;
using System.Runtime.CompilerServices;

namespace Baton.Proofs.X64;

/// <content>
/// RFLAGS. The flags of arithmetic are mostly never looked at, so an operation leaves only its result and its carries,
/// both shifted up so that the operand's sign is bit 63; the flags come from them when somebody asks.
/// </content>
public sealed partial class X64Processor
{
    private const ulong Sign = 1UL << 63;

    /// <summary>RFLAGS; the status flags in it count only while <see cref="_isLazy"/> is false.</summary>
    private ulong _flags = X64Flags.Fixed;

    private bool _isLazy;
    private ulong _result;
    private ulong _carries;

    /// <summary>By how many bits result and carries were shifted up.</summary>
    private int _lazyShift;

    /// <summary>RFLAGS, complete.</summary>
    public ulong Rflags
    {
        get
        {
            Settle();
            return _flags | X64Flags.Fixed;
        }

        set
        {
            _isLazy = false;
            _flags = (value & X64Flags.Known) | X64Flags.Fixed;
        }
    }

    private bool Carry => _isLazy ? (_carries & Sign) != 0 : (_flags & X64Flags.CF) != 0;

    private bool Zero => _isLazy ? _result == 0 : (_flags & X64Flags.ZF) != 0;

    private bool Negative => _isLazy ? (_result & Sign) != 0 : (_flags & X64Flags.SF) != 0;

    private bool Overflow => _isLazy ? ((_carries ^ (_carries << 1)) & Sign) != 0 : (_flags & X64Flags.OF) != 0;

    private bool Parity => _isLazy ? IsEven(_result >> _lazyShift) : (_flags & X64Flags.PF) != 0;

    private bool Adjust => _isLazy ? ((_carries >> _lazyShift) & 8) != 0 : (_flags & X64Flags.AF) != 0;

    private ulong CarryIn => Carry ? 1UL : 0;

    private static bool IsEven(ulong value) => (BitOperations.PopCount(value & 0xFF) & 1) == 0;

    /// <summary>Makes the flags of the last arithmetic real.</summary>
    private void Settle()
    {
        if (_isLazy)
        {
            ulong status = (Carry ? X64Flags.CF : 0) | (Parity ? X64Flags.PF : 0) | (Adjust ? X64Flags.AF : 0)
                | (Zero ? X64Flags.ZF : 0) | (Negative ? X64Flags.SF : 0) | (Overflow ? X64Flags.OF : 0);
            _flags = (_flags & ~X64Flags.Status) | status;
            _isLazy = false;
        }
    }

    /// <summary>Leaves the flags to a result and to the carries out of each of its bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetLazy(ulong result, ulong carries, int size)
    {
        int shift = 64 - (8 * size);
        _result = result << shift;
        _carries = carries << shift;
        _lazyShift = shift;
        _isLazy = true;
    }

    /// <summary>Flags of a sum, with or without a carry in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetSum(ulong a, ulong b, ulong sum, int size) => SetLazy(sum, (a & b) | ((a | b) & ~sum), size);

    /// <summary>Flags of a difference, with or without a borrow in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetDifference(ulong a, ulong b, ulong difference, int size) =>
        SetLazy(difference, (~a & b) | ((~a | b) & difference), size);

    /// <summary>Flags of and, or, xor: no carries at all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetLogic(ulong result, int size) => SetLazy(result, 0, size);

    /// <summary>Replaces CF under the result that is there, keeping OF.</summary>
    private void ReplaceCarry(bool carry)
    {
        bool overflow = Overflow;
        _carries = (_carries & (Sign - 1) & ~(Sign >> 1))
            | (carry ? Sign : 0)
            | (carry != overflow ? Sign >> 1 : 0);
    }

    /// <summary>Sets some flags, and leaves the others.</summary>
    private void SetFlags(ulong mask, ulong values)
    {
        Settle();
        _flags = (_flags & ~mask) | (values & mask);
    }

    /// <summary>One flag's bit, if it is to be set.</summary>
    private static ulong Bit(ulong flag, bool isSet) => isSet ? flag : 0;

    /// <summary>Whether a condition holds, by its number in jcc, setcc and cmovcc.</summary>
    private bool Holds(int condition)
    {
        bool holds = (condition >> 1) switch
        {
            0 => Overflow,
            1 => Carry,
            2 => Zero,
            3 => Carry || Zero,
            4 => Negative,
            5 => Parity,
            6 => Negative != Overflow,
            _ => Zero || Negative != Overflow,
        };
        return holds == ((condition & 1) == 0);
    }
}
