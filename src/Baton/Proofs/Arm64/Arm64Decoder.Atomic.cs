namespace Baton.Proofs.Arm64;

/// <summary>Exclusive, ordered and atomic loads and stores (C4.1.94).</summary>
internal static partial class Arm64Decoder
{
    private static Arm64Instruction ExclusiveOrOrdered(uint word)
    {
        bool isLoad = Bit(word, 22) != 0;
        uint size = Bits(word, 31, 30);
        Arm64Instruction decoded = new()
        {
            Is64 = size == 3,
            SizeLog2 = (byte)size,
            N = SourceOrStack(word, 5),
        };
        uint s = Bits(word, 20, 16);
        uint n = Bits(word, 9, 5);
        uint t = Bits(word, 4, 0);
        uint t2 = Bits(word, 14, 10);
        switch (Bit(word, 23), Bit(word, 21))
        {
            case (0, 0):
                return Exclusive(word, decoded, isPair: false);
            case (0, 1) when size >= 2:
                return isLoad && t == t2 ? Unpredictable : Exclusive(word, decoded, isPair: true);
            case (0, 1):
                if (t2 != 31 || (s & 1) != 0 || (t & 1) != 0)
                {
                    return Undefined;
                }

                decoded.Operation = Arm64Operation.CompareAndSwapPair;
                decoded.SizeLog2 = (byte)(size + 2);
                decoded.Is64 = size == 1;
                decoded.M = (byte)s;
                decoded.D = (byte)t;
                return decoded;
            case (1, 0):
                decoded.Operation = isLoad ? Arm64Operation.LoadAcquire : Arm64Operation.StoreRelease;
                decoded.D = isLoad ? Destination(word, 0) : Source(word, 0);
                return decoded;
            default:
                if (t2 != 31)
                {
                    return Undefined;
                }

                decoded.Operation = Arm64Operation.CompareAndSwap;
                decoded.M = (byte)s;
                decoded.D = (byte)t;
                return decoded;
        }
    }

    private static Arm64Instruction Exclusive(uint word, Arm64Instruction decoded, bool isPair)
    {
        bool isLoad = Bit(word, 22) != 0;
        decoded.Operation = (isLoad, isPair) switch
        {
            (true, false) => Arm64Operation.LoadExclusive,
            (true, true) => Arm64Operation.LoadExclusivePair,
            (false, false) => Arm64Operation.StoreExclusive,
            (false, true) => Arm64Operation.StoreExclusivePair,
        };
        decoded.D = isLoad ? Destination(word, 0) : Source(word, 0);
        decoded.A = isLoad ? Destination(word, 10) : Source(word, 10);
        decoded.M = Destination(word, 16);
        uint s = Bits(word, 20, 16);
        bool isStatusAlsoOperand = s == Bits(word, 4, 0) || (isPair && s == Bits(word, 14, 10))
            || (s == Bits(word, 9, 5) && s != 31);
        return !isLoad && isStatusAlsoOperand ? Unpredictable : decoded;
    }

    private static Arm64Instruction Atomic(uint word)
    {
        uint size = Bits(word, 31, 30);
        Arm64Instruction decoded = new()
        {
            Is64 = size == 3,
            SizeLog2 = (byte)size,
            D = Destination(word, 0),
            M = Source(word, 16),
            N = SourceOrStack(word, 5),
        };
        if (Bit(word, 15) == 0)
        {
            decoded.Operation = Arm64Operation.AtomicAdd + (byte)Bits(word, 14, 12);
            return decoded;
        }

        uint opc = Bits(word, 14, 12);
        if (opc == 0)
        {
            decoded.Operation = Arm64Operation.Swap;
            return decoded;
        }

        if (opc == 0b100 && Bits(word, 23, 22) == 0b10 && Bits(word, 20, 16) == 0b11111)
        {
            decoded.Operation = Arm64Operation.LoadAcquire;
            return decoded;
        }

        return NotSimulated;
    }
}
