namespace Baton.Proofs.Arm64;

/// <summary>Loads and stores (C4.1.94).</summary>
internal static partial class Arm64Decoder
{
    private static Arm64Instruction LoadStore(uint word)
    {
        // Bit 26 is the vector registers.
        if (Bit(word, 26) != 0)
        {
            return NotSimulated;
        }

        return Bits(word, 29, 28) switch
        {
            0b00 => Bit(word, 24) == 0 ? ExclusiveOrOrdered(word) : NotSimulated,
            0b01 => Bit(word, 24) == 0 ? LoadLiteral(word) : OrderedUnscaled(word),
            0b10 => Pair(word),
            _ => Bit(word, 24) != 0 ? UnsignedOffset(word) : Bit(word, 21) == 0 ? SignedOffset(word) : RegisterOrAtomic(word),
        };
    }

    private static Arm64Instruction LoadLiteral(uint word)
    {
        uint opc = Bits(word, 31, 30);
        return opc == 0b11
            ? Only(Arm64Operation.Nop)
            : new()
            {
                Operation = Arm64Operation.LoadLiteral,
                Is64 = opc != 0,
                SizeLog2 = (byte)(opc == 0b01 ? 3 : 2),
                IsSigned = opc == 0b10,
                D = Destination(word, 0),
                Immediate = Signed(Bits(word, 23, 5), 19) << 2,
            };
    }

    /// <summary>LDAPUR and STLUR.</summary>
    private static Arm64Instruction OrderedUnscaled(uint word)
    {
        if (Bit(word, 21) != 0 || Bits(word, 11, 10) != 0)
        {
            return NotSimulated;
        }

        Arm64Instruction decoded = Single(word, canPrefetch: false);
        if (decoded.Operation is Arm64Operation.Load or Arm64Operation.Store)
        {
            decoded.Immediate = Signed(Bits(word, 20, 12), 9);
            decoded.Flag = true;
        }

        return decoded;
    }

    private static Arm64Instruction Pair(uint word)
    {
        uint opc = Bits(word, 31, 30);
        uint mode = Bits(word, 24, 23);
        bool isLoad = Bit(word, 22) != 0;
        if (opc == 0b11 || (opc == 0b01 && mode == 0))
        {
            return Undefined;
        }

        if (opc == 0b01 && !isLoad)
        {
            // STGP of the memory tagging extension.
            return NotSimulated;
        }

        uint t = Bits(word, 4, 0);
        uint t2 = Bits(word, 14, 10);
        uint n = Bits(word, 9, 5);
        bool writesBack = mode is 0b01 or 0b11;
        if ((writesBack && n != 31 && (t == n || t2 == n)) || (isLoad && t == t2))
        {
            return Unpredictable;
        }

        int size = opc == 0b10 ? 3 : 2;
        return new()
        {
            Operation = isLoad ? Arm64Operation.LoadPair : Arm64Operation.StorePair,
            Is64 = opc != 0,
            SizeLog2 = (byte)size,
            IsSigned = opc == 0b01,
            D = isLoad ? Destination(word, 0) : Source(word, 0),
            A = isLoad ? Destination(word, 10) : Source(word, 10),
            N = SourceOrStack(word, 5),
            Indexing = mode switch
            {
                0b01 => Indexing.PostIndex,
                0b11 => Indexing.PreIndex,
                _ => Indexing.Offset,
            },
            Immediate = Signed(Bits(word, 21, 15), 7) << size,
        };
    }

    private static Arm64Instruction UnsignedOffset(uint word)
    {
        Arm64Instruction decoded = Single(word, canPrefetch: true);
        decoded.Immediate = (ulong)Bits(word, 21, 10) << decoded.SizeLog2;
        return decoded;
    }

    private static Arm64Instruction SignedOffset(uint word)
    {
        uint mode = Bits(word, 11, 10);
        Arm64Instruction decoded = Single(word, canPrefetch: mode == 0);
        if (decoded.Operation is not (Arm64Operation.Load or Arm64Operation.Store))
        {
            return decoded;
        }

        const uint unprivileged = 0b10;
        uint n = Bits(word, 9, 5);
        if (mode is not 0 and not unprivileged && n != 31 && n == Bits(word, 4, 0))
        {
            return Unpredictable;
        }

        decoded.Immediate = Signed(Bits(word, 20, 12), 9);
        decoded.Indexing = mode switch
        {
            0b01 => Indexing.PostIndex,
            0b11 => Indexing.PreIndex,
            _ => Indexing.Offset,
        };
        if (mode == unprivileged)
        {
            decoded.Operation = decoded.Operation == Arm64Operation.Load
                ? Arm64Operation.LoadUnprivileged
                : Arm64Operation.StoreUnprivileged;
        }

        return decoded;
    }

    /// <summary>What size and opc say of a load or store of one register.</summary>
    private static Arm64Instruction Single(uint word, bool canPrefetch)
    {
        uint size = Bits(word, 31, 30);
        uint opc = Bits(word, 23, 22);
        if (opc >= 2 && size == 3)
        {
            return opc == 2 && canPrefetch ? Only(Arm64Operation.Nop) : Undefined;
        }

        if (opc == 3 && size == 2)
        {
            return Undefined;
        }

        return new()
        {
            Operation = opc == 0 ? Arm64Operation.Store : Arm64Operation.Load,
            Is64 = opc == 2 || size == 3,
            IsSigned = opc >= 2,
            SizeLog2 = (byte)size,
            D = opc == 0 ? Source(word, 0) : Destination(word, 0),
            N = SourceOrStack(word, 5),
        };
    }

    private static Arm64Instruction RegisterOrAtomic(uint word)
    {
        if (Bits(word, 11, 10) == 0)
        {
            return Atomic(word);
        }

        if (Bit(word, 10) != 0)
        {
            // LDRAA and LDRAB of pointer authentication.
            return Bits(word, 31, 30) == 3 ? NotSimulated : Undefined;
        }

        uint option = Bits(word, 15, 13);
        if ((option & 2) == 0)
        {
            return Undefined;
        }

        Arm64Instruction decoded = Single(word, canPrefetch: true);
        if (decoded.Operation is not (Arm64Operation.Load or Arm64Operation.Store))
        {
            return decoded;
        }

        decoded.Operation = decoded.Operation == Arm64Operation.Load ? Arm64Operation.LoadIndexed : Arm64Operation.StoreIndexed;
        decoded.M = Source(word, 16);
        decoded.Kind = (byte)option;
        decoded.Amount = (byte)(Bit(word, 12) != 0 ? decoded.SizeLog2 : 0);
        return decoded;
    }
}
