using System.Numerics;

namespace Baton.Proofs.Arm64;

/// <summary>What each operation does. Results are written last, so that a fault leaves the registers alone.</summary>
public sealed partial class Arm64Processor
{
    private void Execute(ref Arm64Instruction i)
    {
        ulong[] x = _x;
        unchecked
        {
            switch (i.Operation)
            {
                case Arm64Operation.Nop:
                case Arm64Operation.Dmb:
                    break;

                case Arm64Operation.PcRelative:
                    x[i.D] = _pc + i.Immediate;
                    break;
                case Arm64Operation.PageRelative:
                    x[i.D] = (_pc & ~PageMask) + i.Immediate;
                    break;
                case Arm64Operation.AddImmediate:
                    x[i.D] = Narrow(i.Is64, x[i.N] + i.Immediate);
                    break;
                case Arm64Operation.SubImmediate:
                    x[i.D] = Narrow(i.Is64, x[i.N] - i.Immediate);
                    break;
                case Arm64Operation.AddsImmediate:
                    x[i.D] = Arm64Arithmetic.Add(i.Is64, x[i.N], i.Immediate, 0, out _flags);
                    break;
                case Arm64Operation.SubsImmediate:
                    x[i.D] = Arm64Arithmetic.Add(i.Is64, x[i.N], ~i.Immediate, 1, out _flags);
                    break;
                case Arm64Operation.AndImmediate:
                    x[i.D] = x[i.N] & i.Immediate;
                    break;
                case Arm64Operation.OrrImmediate:
                    x[i.D] = Narrow(i.Is64, x[i.N] | i.Immediate);
                    break;
                case Arm64Operation.EorImmediate:
                    x[i.D] = Narrow(i.Is64, x[i.N] ^ i.Immediate);
                    break;
                case Arm64Operation.AndsImmediate:
                    x[i.D] = SetLogicalFlags(i.Is64, x[i.N] & i.Immediate);
                    break;
                case Arm64Operation.MoveWide:
                    x[i.D] = i.Immediate;
                    break;
                case Arm64Operation.MoveKeep:
                    x[i.D] = (x[i.N] & i.Mask) | i.Immediate;
                    break;
                case Arm64Operation.Sbfm:
                case Arm64Operation.Bfm:
                case Arm64Operation.Ubfm:
                    x[i.D] = MoveBitfield(ref i);
                    break;
                case Arm64Operation.Extr:
                    x[i.D] = i.Is64
                        ? i.Amount == 0 ? x[i.M] : (x[i.M] >> i.Amount) | (x[i.N] << (64 - i.Amount))
                        : (uint)(((x[i.N] << 32) | (uint)x[i.M]) >> i.Amount);
                    break;

                case Arm64Operation.AddShifted:
                    x[i.D] = Narrow(i.Is64, x[i.N] + Shifted(ref i));
                    break;
                case Arm64Operation.SubShifted:
                    x[i.D] = Narrow(i.Is64, x[i.N] - Shifted(ref i));
                    break;
                case Arm64Operation.AddsShifted:
                    x[i.D] = Arm64Arithmetic.Add(i.Is64, x[i.N], Shifted(ref i), 0, out _flags);
                    break;
                case Arm64Operation.SubsShifted:
                    x[i.D] = Arm64Arithmetic.Add(i.Is64, x[i.N], ~Shifted(ref i), 1, out _flags);
                    break;
                case Arm64Operation.AddExtended:
                    x[i.D] = Narrow(i.Is64, x[i.N] + Arm64Arithmetic.Extend(x[i.M], i.Kind, i.Amount));
                    break;
                case Arm64Operation.SubExtended:
                    x[i.D] = Narrow(i.Is64, x[i.N] - Arm64Arithmetic.Extend(x[i.M], i.Kind, i.Amount));
                    break;
                case Arm64Operation.AddsExtended:
                    x[i.D] = Arm64Arithmetic.Add(
                        i.Is64, x[i.N], Arm64Arithmetic.Extend(x[i.M], i.Kind, i.Amount), 0, out _flags);
                    break;
                case Arm64Operation.SubsExtended:
                    x[i.D] = Arm64Arithmetic.Add(
                        i.Is64, x[i.N], ~Arm64Arithmetic.Extend(x[i.M], i.Kind, i.Amount), 1, out _flags);
                    break;
                case Arm64Operation.AndShifted:
                    x[i.D] = Narrow(i.Is64, x[i.N] & SecondLogical(ref i));
                    break;
                case Arm64Operation.OrrShifted:
                    x[i.D] = Narrow(i.Is64, x[i.N] | SecondLogical(ref i));
                    break;
                case Arm64Operation.EorShifted:
                    x[i.D] = Narrow(i.Is64, x[i.N] ^ SecondLogical(ref i));
                    break;
                case Arm64Operation.AndsShifted:
                    x[i.D] = SetLogicalFlags(i.Is64, x[i.N] & SecondLogical(ref i));
                    break;
                case Arm64Operation.Adc:
                    x[i.D] = Arm64Arithmetic.Add(i.Is64, x[i.N], x[i.M], CarryBit, out _);
                    break;
                case Arm64Operation.Adcs:
                    x[i.D] = Arm64Arithmetic.Add(i.Is64, x[i.N], x[i.M], CarryBit, out _flags);
                    break;
                case Arm64Operation.Sbc:
                    x[i.D] = Arm64Arithmetic.Add(i.Is64, x[i.N], ~x[i.M], CarryBit, out _);
                    break;
                case Arm64Operation.Sbcs:
                    x[i.D] = Arm64Arithmetic.Add(i.Is64, x[i.N], ~x[i.M], CarryBit, out _flags);
                    break;
                case Arm64Operation.RotateIntoFlags:
                    uint mask = (uint)i.Kind << 28;
                    _flags = (_flags & ~mask) | ((uint)BitOperations.RotateRight(x[i.N], i.Amount) << 28 & mask);
                    break;
                case Arm64Operation.SetFlagsOfByte:
                    SetFlagsOfPart((uint)x[i.N], 8);
                    break;
                case Arm64Operation.SetFlagsOfHalfword:
                    SetFlagsOfPart((uint)x[i.N], 16);
                    break;
                case Arm64Operation.CompareNegativeRegister:
                    Compare(ref i, x[i.M], 0);
                    break;
                case Arm64Operation.CompareNegativeImmediate:
                    Compare(ref i, i.Immediate, 0);
                    break;
                case Arm64Operation.CompareRegister:
                    Compare(ref i, ~x[i.M], 1);
                    break;
                case Arm64Operation.CompareImmediate:
                    Compare(ref i, ~i.Immediate, 1);
                    break;
                case Arm64Operation.Csel:
                    x[i.D] = Narrow(i.Is64, Arm64Arithmetic.Holds(i.Kind, _flags) ? x[i.N] : x[i.M]);
                    break;
                case Arm64Operation.Csinc:
                    x[i.D] = Narrow(i.Is64, Arm64Arithmetic.Holds(i.Kind, _flags) ? x[i.N] : x[i.M] + 1);
                    break;
                case Arm64Operation.Csinv:
                    x[i.D] = Narrow(i.Is64, Arm64Arithmetic.Holds(i.Kind, _flags) ? x[i.N] : ~x[i.M]);
                    break;
                case Arm64Operation.Csneg:
                    x[i.D] = Narrow(i.Is64, Arm64Arithmetic.Holds(i.Kind, _flags) ? x[i.N] : 0 - x[i.M]);
                    break;
                case Arm64Operation.Rbit:
                    ulong reversed = Arm64Arithmetic.ReverseBits(x[i.N]);
                    x[i.D] = i.Is64 ? reversed : reversed >> 32;
                    break;
                case Arm64Operation.Rev16:
                    x[i.D] = Narrow(i.Is64, Arm64Arithmetic.ReverseBytesOfHalfwords(x[i.N]));
                    break;
                case Arm64Operation.Rev32:
                    ulong bytes = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(x[i.N]);
                    x[i.D] = i.Is64 ? BitOperations.RotateRight(bytes, 32) : bytes >> 32;
                    break;
                case Arm64Operation.Rev64:
                    x[i.D] = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(x[i.N]);
                    break;
                case Arm64Operation.Clz:
                    x[i.D] = (ulong)(BitOperations.LeadingZeroCount(Narrow(i.Is64, x[i.N])) - (i.Is64 ? 0 : 32));
                    break;
                case Arm64Operation.Cls:
                    x[i.D] = (ulong)Arm64Arithmetic.CountLeadingSignBits(i.Is64, x[i.N]);
                    break;
                case Arm64Operation.Udiv:
                    ulong divisor = Narrow(i.Is64, x[i.M]);
                    x[i.D] = divisor == 0 ? 0 : Narrow(i.Is64, x[i.N]) / divisor;
                    break;
                case Arm64Operation.Sdiv:
                    x[i.D] = Arm64Arithmetic.DivideSigned(i.Is64, x[i.N], x[i.M]);
                    break;
                case Arm64Operation.Lslv:
                    x[i.D] = Arm64Arithmetic.Shift(i.Is64, x[i.N], ShiftKind.Lsl, (int)x[i.M] & (i.Is64 ? 63 : 31));
                    break;
                case Arm64Operation.Lsrv:
                    x[i.D] = Arm64Arithmetic.Shift(i.Is64, x[i.N], ShiftKind.Lsr, (int)x[i.M] & (i.Is64 ? 63 : 31));
                    break;
                case Arm64Operation.Asrv:
                    x[i.D] = Arm64Arithmetic.Shift(i.Is64, x[i.N], ShiftKind.Asr, (int)x[i.M] & (i.Is64 ? 63 : 31));
                    break;
                case Arm64Operation.Rorv:
                    x[i.D] = Arm64Arithmetic.Shift(i.Is64, x[i.N], ShiftKind.Ror, (int)x[i.M] & (i.Is64 ? 63 : 31));
                    break;
                case Arm64Operation.Crc32:
                    x[i.D] = Arm64Arithmetic.Crc(0xedb8_8320, (uint)x[i.N], x[i.M], 1 << i.SizeLog2);
                    break;
                case Arm64Operation.Crc32c:
                    x[i.D] = Arm64Arithmetic.Crc(0x82f6_3b78, (uint)x[i.N], x[i.M], 1 << i.SizeLog2);
                    break;
                case Arm64Operation.Madd:
                    x[i.D] = Narrow(i.Is64, x[i.A] + (x[i.N] * x[i.M]));
                    break;
                case Arm64Operation.Msub:
                    x[i.D] = Narrow(i.Is64, x[i.A] - (x[i.N] * x[i.M]));
                    break;
                case Arm64Operation.Smaddl:
                    x[i.D] = x[i.A] + (ulong)((long)(int)x[i.N] * (int)x[i.M]);
                    break;
                case Arm64Operation.Smsubl:
                    x[i.D] = x[i.A] - (ulong)((long)(int)x[i.N] * (int)x[i.M]);
                    break;
                case Arm64Operation.Umaddl:
                    x[i.D] = x[i.A] + ((ulong)(uint)x[i.N] * (uint)x[i.M]);
                    break;
                case Arm64Operation.Umsubl:
                    x[i.D] = x[i.A] - ((ulong)(uint)x[i.N] * (uint)x[i.M]);
                    break;
                case Arm64Operation.Smulh:
                    x[i.D] = (ulong)Math.BigMul((long)x[i.N], (long)x[i.M], out _);
                    break;
                case Arm64Operation.Umulh:
                    x[i.D] = Math.BigMul(x[i.N], x[i.M], out _);
                    break;

                case Arm64Operation.B:
                    _next = _pc + i.Immediate;
                    break;
                case Arm64Operation.Bl:
                    x[30] = _next;
                    _next = _pc + i.Immediate;
                    break;
                case Arm64Operation.BConditional:
                    Branch(ref i, Arm64Arithmetic.Holds(i.Kind, _flags));
                    break;
                case Arm64Operation.Cbz:
                    Branch(ref i, Narrow(i.Is64, x[i.N]) == 0);
                    break;
                case Arm64Operation.Cbnz:
                    Branch(ref i, Narrow(i.Is64, x[i.N]) != 0);
                    break;
                case Arm64Operation.Tbz:
                    Branch(ref i, (x[i.N] >> i.Amount & 1) == 0);
                    break;
                case Arm64Operation.Tbnz:
                    Branch(ref i, (x[i.N] >> i.Amount & 1) != 0);
                    break;
                case Arm64Operation.Br:
                    _next = Untagged(x[i.N]);
                    break;
                case Arm64Operation.Blr:
                    ulong target = Untagged(x[i.N]);
                    x[30] = _next;
                    _next = target;
                    break;

                case Arm64Operation.Load:
                    Load(ref i);
                    break;
                case Arm64Operation.Store:
                    Store(ref i);
                    break;
                case Arm64Operation.LoadIndexed:
                    x[i.D] = Extended(ref i, ReadData(
                        Base(ref i) + Arm64Arithmetic.Extend(x[i.M], i.Kind, i.Amount), i.SizeLog2));
                    break;
                case Arm64Operation.StoreIndexed:
                    WriteData(Base(ref i) + Arm64Arithmetic.Extend(x[i.M], i.Kind, i.Amount), i.SizeLog2, x[i.D]);
                    break;
                case Arm64Operation.LoadLiteral:
                    x[i.D] = Extended(ref i, ReadData(_pc + i.Immediate, i.SizeLog2));
                    break;
                case Arm64Operation.LoadPair:
                    LoadPair(ref i);
                    break;
                case Arm64Operation.StorePair:
                    StorePair(ref i);
                    break;
                default:
                    ExecuteRare(ref i);
                    break;
            }
        }
    }

    private uint CarryBit => _flags >> 29 & 1;

    private static ulong Narrow(bool is64, ulong value) => is64 ? value : unchecked((uint)value);

    private ulong Shifted(ref Arm64Instruction i) =>
        i.Amount == 0 ? _x[i.M] : Arm64Arithmetic.Shift(i.Is64, _x[i.M], (ShiftKind)i.Kind, i.Amount);

    private ulong SecondLogical(ref Arm64Instruction i) => i.Flag ? ~Shifted(ref i) : Shifted(ref i);

    private ulong SetLogicalFlags(bool is64, ulong value)
    {
        ulong result = Narrow(is64, value);
        _flags = is64 ? Arm64Arithmetic.FlagsOf64(result) : Arm64Arithmetic.FlagsOf32((uint)result);
        return result;
    }

    private ulong MoveBitfield(ref Arm64Instruction i)
    {
        ulong source = Narrow(i.Is64, _x[i.N]);
        ulong rotated = Arm64Arithmetic.Shift(i.Is64, source, ShiftKind.Ror, i.Amount) & i.Immediate;
        switch (i.Operation)
        {
            case Arm64Operation.Ubfm:
                return rotated & i.Mask;
            case Arm64Operation.Bfm:
                ulong old = _x[i.A];
                return Narrow(i.Is64, (old & ~i.Mask) | (((old & ~i.Immediate) | rotated) & i.Mask));
            default:
                ulong sign = (source >> i.Kind & 1) != 0 ? ulong.MaxValue : 0;
                return Narrow(i.Is64, (sign & ~i.Mask) | (rotated & i.Mask));
        }
    }

    private void SetFlagsOfPart(uint value, int bits)
    {
        uint negative = (value >> (bits - 1)) & 1;
        uint overflow = negative ^ (value >> bits & 1);
        bool isZero = (value & ((1U << bits) - 1)) == 0;
        _flags = (_flags & Arm64Arithmetic.Carry) | (negative << 31) | (overflow << 28)
            | (isZero ? Arm64Arithmetic.IsZero : 0);
    }

    private void Compare(ref Arm64Instruction i, ulong second, uint carry)
    {
        if (Arm64Arithmetic.Holds(i.Kind, _flags))
        {
            Arm64Arithmetic.Add(i.Is64, _x[i.N], second, carry, out _flags);
        }
        else
        {
            _flags = (uint)i.Amount << 28;
        }
    }

    private void Branch(ref Arm64Instruction i, bool isTaken)
    {
        if (isTaken)
        {
            _next = unchecked(_pc + i.Immediate);
        }
    }
}
