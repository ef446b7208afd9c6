namespace Baton.Proofs.Arm64;

/// <summary>Data processing with one, two and three sources (C4.1.95).</summary>
internal static partial class Arm64Decoder
{
    private static Arm64Instruction TwoSources(uint word)
    {
        uint opcode = Bits(word, 15, 10);
        bool is64 = Bit(word, 31) != 0;
        if (Bit(word, 29) != 0)
        {
            return is64 && opcode == 0 ? NotSimulated : Undefined;
        }

        switch (opcode)
        {
            case 0b000010:
                return RegisterForm(word, Arm64Operation.Udiv);
            case 0b000011:
                return RegisterForm(word, Arm64Operation.Sdiv);
            case 0b001000:
                return RegisterForm(word, Arm64Operation.Lslv);
            case 0b001001:
                return RegisterForm(word, Arm64Operation.Lsrv);
            case 0b001010:
                return RegisterForm(word, Arm64Operation.Asrv);
            case 0b001011:
                return RegisterForm(word, Arm64Operation.Rorv);
            case >= 0b010000 and <= 0b010111:
                if (is64 != ((opcode & 3) == 3))
                {
                    return Undefined;
                }

                Arm64Instruction crc = RegisterForm(
                    word, (opcode & 4) == 0 ? Arm64Operation.Crc32 : Arm64Operation.Crc32c);
                crc.SizeLog2 = (byte)(opcode & 3);
                return crc;
            case 0b000000 or 0b000100 or 0b000101 or 0b001100:
                // Memory tagging and pointer authentication.
                return is64 ? NotSimulated : Undefined;
            case >= 0b011000 and <= 0b011011:
                return NotSimulated;
            default:
                return Undefined;
        }
    }

    private static Arm64Instruction OneSource(uint word)
    {
        bool is64 = Bit(word, 31) != 0;
        if (Bit(word, 29) != 0)
        {
            return Undefined;
        }

        if (Bits(word, 20, 16) != 0)
        {
            return is64 && Bits(word, 20, 16) == 1 ? NotSimulated : Undefined;
        }

        return Bits(word, 15, 10) switch
        {
            0 => RegisterForm(word, Arm64Operation.Rbit),
            1 => RegisterForm(word, Arm64Operation.Rev16),
            2 => RegisterForm(word, Arm64Operation.Rev32),
            3 when is64 => RegisterForm(word, Arm64Operation.Rev64),
            4 => RegisterForm(word, Arm64Operation.Clz),
            5 => RegisterForm(word, Arm64Operation.Cls),
            6 or 7 or 8 => NotSimulated,
            _ => Undefined,
        };
    }

    private static Arm64Instruction ThreeSources(uint word)
    {
        bool is64 = Bit(word, 31) != 0;
        if (Bits(word, 30, 29) != 0)
        {
            return Undefined;
        }

        Arm64Operation operation = (Bits(word, 23, 21), Bit(word, 15)) switch
        {
            (0b000, 0) => Arm64Operation.Madd,
            (0b000, 1) => Arm64Operation.Msub,
            (0b001, 0) when is64 => Arm64Operation.Smaddl,
            (0b001, 1) when is64 => Arm64Operation.Smsubl,
            (0b010, 0) when is64 => Arm64Operation.Smulh,
            (0b101, 0) when is64 => Arm64Operation.Umaddl,
            (0b101, 1) when is64 => Arm64Operation.Umsubl,
            (0b110, 0) when is64 => Arm64Operation.Umulh,
            _ => Arm64Operation.Undefined,
        };
        Arm64Instruction decoded = RegisterForm(word, operation);
        decoded.A = Source(word, 10);
        return decoded;
    }
}
