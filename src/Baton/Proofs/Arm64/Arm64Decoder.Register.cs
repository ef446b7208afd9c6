namespace Baton.Proofs.Arm64;

/// <summary>Data processing with registers (C4.1.95).</summary>
internal static partial class Arm64Decoder
{
    private static Arm64Instruction DataProcessingRegister(uint word)
    {
        if (Bit(word, 28) == 0)
        {
            return Bit(word, 24) == 0 ? LogicalShifted(word) : Bit(word, 21) == 0 ? AddSubShifted(word) : AddSubExtended(word);
        }

        return Bits(word, 24, 21) switch
        {
            0b0000 => WithCarryOrFlags(word),
            0b0010 => ConditionalCompare(word),
            0b0100 => ConditionalSelect(word),
            0b0110 => Bit(word, 30) == 0 ? TwoSources(word) : OneSource(word),
            >= 0b1000 => ThreeSources(word),
            _ => Undefined,
        };
    }

    private static Arm64Instruction RegisterForm(uint word, Arm64Operation operation) => new()
    {
        Operation = operation,
        Is64 = Bit(word, 31) != 0,
        D = Destination(word, 0),
        N = Source(word, 5),
        M = Source(word, 16),
    };

    private static Arm64Instruction LogicalShifted(uint word)
    {
        if (Bit(word, 31) == 0 && Bit(word, 15) != 0)
        {
            return Undefined;
        }

        Arm64Instruction decoded = RegisterForm(word, Bits(word, 30, 29) switch
        {
            0b00 => Arm64Operation.AndShifted,
            0b01 => Arm64Operation.OrrShifted,
            0b10 => Arm64Operation.EorShifted,
            _ => Arm64Operation.AndsShifted,
        });
        decoded.Kind = (byte)Bits(word, 23, 22);
        decoded.Amount = (byte)Bits(word, 15, 10);
        decoded.Flag = Bit(word, 21) != 0;
        return decoded;
    }

    private static Arm64Instruction AddSubShifted(uint word)
    {
        if (Bits(word, 23, 22) == 0b11 || (Bit(word, 31) == 0 && Bit(word, 15) != 0))
        {
            return Undefined;
        }

        Arm64Instruction decoded = RegisterForm(word, Bits(word, 30, 29) switch
        {
            0b00 => Arm64Operation.AddShifted,
            0b01 => Arm64Operation.AddsShifted,
            0b10 => Arm64Operation.SubShifted,
            _ => Arm64Operation.SubsShifted,
        });
        decoded.Kind = (byte)Bits(word, 23, 22);
        decoded.Amount = (byte)Bits(word, 15, 10);
        return decoded;
    }

    private static Arm64Instruction AddSubExtended(uint word)
    {
        if (Bits(word, 23, 22) != 0 || Bits(word, 12, 10) > 4)
        {
            return Undefined;
        }

        Arm64Instruction decoded = RegisterForm(word, Bits(word, 30, 29) switch
        {
            0b00 => Arm64Operation.AddExtended,
            0b01 => Arm64Operation.AddsExtended,
            0b10 => Arm64Operation.SubExtended,
            _ => Arm64Operation.SubsExtended,
        });
        decoded.N = SourceOrStack(word, 5);
        decoded.D = Bit(word, 29) != 0 ? Destination(word, 0) : SourceOrStack(word, 0);
        decoded.Kind = (byte)Bits(word, 15, 13);
        decoded.Amount = (byte)Bits(word, 12, 10);
        return decoded;
    }

    private static Arm64Instruction WithCarryOrFlags(uint word)
    {
        if (Bits(word, 15, 10) == 0)
        {
            return RegisterForm(word, Bits(word, 30, 29) switch
            {
                0b00 => Arm64Operation.Adc,
                0b01 => Arm64Operation.Adcs,
                0b10 => Arm64Operation.Sbc,
                _ => Arm64Operation.Sbcs,
            });
        }

        if (Bits(word, 31, 29) == 0b101 && Bits(word, 14, 10) == 0b00001 && Bit(word, 4) == 0)
        {
            return new()
            {
                Operation = Arm64Operation.RotateIntoFlags,
                N = Source(word, 5),
                Amount = (byte)Bits(word, 20, 15),
                Kind = (byte)Bits(word, 3, 0),
            };
        }

        const uint allButSizeAndSource = 0xffff_bc1f;
        const uint setFlags = 0x3a00_080d;
        return (word & allButSizeAndSource) == setFlags
            ? new()
            {
                Operation = Bit(word, 14) == 0 ? Arm64Operation.SetFlagsOfByte : Arm64Operation.SetFlagsOfHalfword,
                N = Source(word, 5),
            }
            : Undefined;
    }

    private static Arm64Instruction ConditionalCompare(uint word)
    {
        if (Bit(word, 29) == 0 || Bit(word, 10) != 0 || Bit(word, 4) != 0)
        {
            return Undefined;
        }

        bool isImmediate = Bit(word, 11) != 0;
        return new()
        {
            Operation = (Bit(word, 30) != 0, isImmediate) switch
            {
                (false, false) => Arm64Operation.CompareNegativeRegister,
                (false, true) => Arm64Operation.CompareNegativeImmediate,
                (true, false) => Arm64Operation.CompareRegister,
                (true, true) => Arm64Operation.CompareImmediate,
            },
            Is64 = Bit(word, 31) != 0,
            N = Source(word, 5),
            M = Source(word, 16),
            Immediate = Bits(word, 20, 16),
            Kind = (byte)Bits(word, 15, 12),
            Amount = (byte)Bits(word, 3, 0),
        };
    }

    private static Arm64Instruction ConditionalSelect(uint word)
    {
        if (Bit(word, 29) != 0 || Bit(word, 11) != 0)
        {
            return Undefined;
        }

        Arm64Instruction decoded = RegisterForm(word, (Bit(word, 30) != 0, Bit(word, 10) != 0) switch
        {
            (false, false) => Arm64Operation.Csel,
            (false, true) => Arm64Operation.Csinc,
            (true, false) => Arm64Operation.Csinv,
            (true, true) => Arm64Operation.Csneg,
        });
        decoded.Kind = (byte)Bits(word, 15, 12);
        return decoded;
    }
}
