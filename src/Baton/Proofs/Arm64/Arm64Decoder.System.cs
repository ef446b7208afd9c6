namespace Baton.Proofs.Arm64;

/// <summary>Branches, exception generating and system instructions (C4.1.93).</summary>
internal static partial class Arm64Decoder
{
    private static Arm64Instruction BranchExceptionSystem(uint word)
    {
        switch (Bits(word, 31, 29))
        {
            case 0b000 or 0b100:
                return new()
                {
                    Operation = Bit(word, 31) == 0 ? Arm64Operation.B : Arm64Operation.Bl,
                    Immediate = Signed(Bits(word, 25, 0), 26) << 2,
                };
            case 0b001 or 0b101:
                return Bit(word, 25) == 0 ? CompareAndBranch(word) : TestAndBranch(word);
            case 0b010 when Bits(word, 25, 24) == 0:
                return Bit(word, 4) != 0
                    ? NotSimulated
                    : new()
                    {
                        Operation = Arm64Operation.BConditional,
                        Kind = (byte)Bits(word, 3, 0),
                        Immediate = Signed(Bits(word, 23, 5), 19) << 2,
                    };
            case 0b110 when Bits(word, 25, 24) == 0:
                return ExceptionGeneration(word);
            case 0b110 when Bits(word, 25, 22) == 0b0100:
                return SystemGroup(word);
            case 0b110 when Bit(word, 25) != 0:
                return BranchToRegister(word);
            default:
                return Undefined;
        }
    }

    private static Arm64Instruction CompareAndBranch(uint word) => new()
    {
        Operation = Bit(word, 24) == 0 ? Arm64Operation.Cbz : Arm64Operation.Cbnz,
        Is64 = Bit(word, 31) != 0,
        N = Source(word, 0),
        Immediate = Signed(Bits(word, 23, 5), 19) << 2,
    };

    private static Arm64Instruction TestAndBranch(uint word) => new()
    {
        Operation = Bit(word, 24) == 0 ? Arm64Operation.Tbz : Arm64Operation.Tbnz,
        N = Source(word, 0),
        Amount = (byte)((Bit(word, 31) << 5) | Bits(word, 23, 19)),
        Immediate = Signed(Bits(word, 18, 5), 14) << 2,
    };

    private static Arm64Instruction ExceptionGeneration(uint word)
    {
        ulong immediate = Bits(word, 20, 5);
        if (Bits(word, 4, 2) != 0)
        {
            return Undefined;
        }

        // HLT and DCPS1 to DCPS3 are undefined while the processor is not being debugged from outside.
        return (Bits(word, 23, 21), Bits(word, 1, 0)) switch
        {
            (0b000, 0b01) => new() { Operation = Arm64Operation.Svc, Immediate = immediate },
            (0b000, 0b10) => new() { Operation = Arm64Operation.Hvc, Immediate = immediate },
            (0b000, 0b11) => new() { Operation = Arm64Operation.Smc, Immediate = immediate },
            (0b001, 0b00) => new() { Operation = Arm64Operation.Brk, Immediate = immediate },
            (0b011, 0b00) => NotSimulated,
            _ => Undefined,
        };
    }

    private static Arm64Instruction SystemGroup(uint word)
    {
        bool reads = Bit(word, 21) != 0;
        uint op0 = Bits(word, 20, 19);
        if (op0 >= 2)
        {
            return new()
            {
                Operation = reads ? Arm64Operation.Mrs : Arm64Operation.Msr,
                D = reads ? Destination(word, 0) : Source(word, 0),
                Immediate = Bits(word, 20, 5),
            };
        }

        if (op0 == 1)
        {
            return reads
                ? NotSimulated
                : new() { Operation = Arm64Operation.SystemInstruction, D = Source(word, 0), Immediate = Bits(word, 20, 5) };
        }

        if (reads)
        {
            return Undefined;
        }

        bool hasNoRegister = Bits(word, 4, 0) == 0b11111;
        return (Bits(word, 18, 16), Bits(word, 15, 12)) switch
        {
            (0b011, 0b0001) => NotSimulated,
            (0b011, 0b0010) when hasNoRegister => Only(Arm64Operation.Nop),
            (0b011, 0b0011) when hasNoRegister => Barrier(word),
            (_, 0b0100) when hasNoRegister => ProcessorState(word),
            _ => Undefined,
        };
    }

    /// <summary>
    /// A DSB of loads alone or of stores alone completes no maintenance, and neither do SSBB and PSSBB, which are written as
    /// DSB with CRm 0 and 4.
    /// </summary>
    private static Arm64Instruction Barrier(uint word) => (Bits(word, 7, 5), Bits(word, 11, 8)) switch
    {
        (0b001, 0b0010 or 0b0110 or 0b1010 or 0b1110) => new() { Operation = Arm64Operation.Dsb, Flag = true },
        (0b010, _) => Only(Arm64Operation.Clrex),
        (0b100, var option) => new() { Operation = Arm64Operation.Dsb, Flag = (option & 3) == 3 },
        (0b101, _) => Only(Arm64Operation.Dmb),
        (0b110, _) => Only(Arm64Operation.Isb),
        (0b111, 0) => Only(Arm64Operation.Nop),
        (0b011, _) => NotSimulated,
        _ => Undefined,
    };

    /// <summary>MSR (immediate), and the flag instructions that share its space.</summary>
    private static Arm64Instruction ProcessorState(uint word)
    {
        uint op1 = Bits(word, 18, 16);
        uint op2 = Bits(word, 7, 5);
        uint crm = Bits(word, 11, 8);
        if (op1 == 0 && op2 <= 2)
        {
            return Only(op2 switch
            {
                0 => Arm64Operation.InvertCarry,
                1 => Arm64Operation.FlagsFromExternal,
                _ => Arm64Operation.FlagsToExternal,
            });
        }

        return new()
        {
            Operation = (op1, op2) switch
            {
                (0, 3 or 4 or 5) or (3, 1 or 2 or 6 or 7) => Arm64Operation.MsrImmediate,
                (3, 3 or 4) or (1, 0) => Arm64Operation.NotSimulated,
                _ => Arm64Operation.Undefined,
            },
            Kind = (byte)((op1 << 3) | op2),
            Immediate = crm,
        };
    }

    private static Arm64Instruction BranchToRegister(uint word)
    {
        if (Bits(word, 20, 16) != 0b11111)
        {
            return Undefined;
        }

        uint opc = Bits(word, 24, 21);
        uint op3 = Bits(word, 15, 10);
        uint op4 = Bits(word, 4, 0);
        byte target = Source(word, 5);
        if (op3 is 0b000010 or 0b000011)
        {
            return NotSimulated;
        }

        if (op3 != 0 || op4 != 0)
        {
            return Undefined;
        }

        return opc switch
        {
            0b0000 or 0b0010 => new() { Operation = Arm64Operation.Br, N = target },
            0b0001 => new() { Operation = Arm64Operation.Blr, N = target },
            0b0100 when target == 31 => Only(Arm64Operation.Eret),
            _ => Undefined,
        };
    }
}
