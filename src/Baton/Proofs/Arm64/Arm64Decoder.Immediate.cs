namespace Baton.Proofs.Arm64;

/// <summary>Data processing with an immediate (C4.1.92).</summary>
internal static partial class Arm64Decoder
{
    private static Arm64Instruction DataProcessingImmediate(uint word) => Bits(word, 25, 23) switch
    {
        0b000 or 0b001 => PcRelative(word),
        0b010 => AddSubImmediate(word),
        0b011 => NotSimulated,
        0b100 => LogicalWithImmediate(word),
        0b101 => MoveWide(word),
        0b110 => Bitfield(word),
        _ => Extract(word),
    };

    private static Arm64Instruction PcRelative(uint word)
    {
        bool isPage = Bit(word, 31) != 0;
        ulong offset = Signed((Bits(word, 23, 5) << 2) | Bits(word, 30, 29), 21);
        return new()
        {
            Operation = isPage ? Arm64Operation.PageRelative : Arm64Operation.PcRelative,
            D = Destination(word, 0),
            Immediate = isPage ? offset << 12 : offset,
        };
    }

    private static Arm64Instruction AddSubImmediate(uint word)
    {
        bool setsFlags = Bit(word, 29) != 0;
        return new()
        {
            Operation = Bits(word, 30, 29) switch
            {
                0b00 => Arm64Operation.AddImmediate,
                0b01 => Arm64Operation.AddsImmediate,
                0b10 => Arm64Operation.SubImmediate,
                _ => Arm64Operation.SubsImmediate,
            },
            Is64 = Bit(word, 31) != 0,
            D = setsFlags ? Destination(word, 0) : SourceOrStack(word, 0),
            N = SourceOrStack(word, 5),
            Immediate = (ulong)Bits(word, 21, 10) << (Bit(word, 22) != 0 ? 12 : 0),
        };
    }

    private static Arm64Instruction LogicalWithImmediate(uint word)
    {
        bool is64 = Bit(word, 31) != 0;
        uint n = Bit(word, 22);
        if ((!is64 && n != 0)
            || !LogicalImmediate.TryDecode(n, Bits(word, 15, 10), Bits(word, 21, 16), true, out ulong mask, out _))
        {
            return Undefined;
        }

        uint opc = Bits(word, 30, 29);
        return new()
        {
            Operation = opc switch
            {
                0b00 => Arm64Operation.AndImmediate,
                0b01 => Arm64Operation.OrrImmediate,
                0b10 => Arm64Operation.EorImmediate,
                _ => Arm64Operation.AndsImmediate,
            },
            Is64 = is64,
            D = opc == 0b11 ? Destination(word, 0) : SourceOrStack(word, 0),
            N = Source(word, 5),
            Immediate = is64 ? mask : mask & uint.MaxValue,
        };
    }

    private static Arm64Instruction MoveWide(uint word)
    {
        bool is64 = Bit(word, 31) != 0;
        uint opc = Bits(word, 30, 29);
        int shift = (int)Bits(word, 22, 21) * 16;
        if (opc == 0b01 || (!is64 && shift >= 32))
        {
            return Undefined;
        }

        ulong field = (ulong)Bits(word, 20, 5) << shift;
        ulong width = is64 ? ulong.MaxValue : uint.MaxValue;
        return new()
        {
            Operation = opc == 0b11 ? Arm64Operation.MoveKeep : Arm64Operation.MoveWide,
            Is64 = is64,
            D = Destination(word, 0),
            N = Source(word, 0),
            Immediate = opc == 0b00 ? ~field & width : field,
            Mask = ~(0xffffUL << shift) & width,
        };
    }

    private static Arm64Instruction Bitfield(uint word)
    {
        bool is64 = Bit(word, 31) != 0;
        uint opc = Bits(word, 30, 29);
        uint immr = Bits(word, 21, 16);
        uint imms = Bits(word, 15, 10);
        if (opc == 0b11 || Bit(word, 22) != Bit(word, 31) || (!is64 && (immr >= 32 || imms >= 32))
            || !LogicalImmediate.TryDecode(Bit(word, 22), imms, immr, false, out ulong wmask, out ulong tmask))
        {
            return Undefined;
        }

        return new()
        {
            Operation = opc switch
            {
                0b00 => Arm64Operation.Sbfm,
                0b01 => Arm64Operation.Bfm,
                _ => Arm64Operation.Ubfm,
            },
            Is64 = is64,
            D = Destination(word, 0),
            A = Source(word, 0),
            N = Source(word, 5),
            Amount = (byte)immr,
            Kind = (byte)imms,
            Immediate = is64 ? wmask : wmask & uint.MaxValue,
            Mask = is64 ? tmask : tmask & uint.MaxValue,
        };
    }

    private static Arm64Instruction Extract(uint word)
    {
        bool is64 = Bit(word, 31) != 0;
        uint lsb = Bits(word, 15, 10);
        if (Bits(word, 30, 29) != 0 || Bit(word, 21) != 0 || Bit(word, 22) != Bit(word, 31) || (!is64 && lsb >= 32))
        {
            return Undefined;
        }

        return new()
        {
            Operation = Arm64Operation.Extr,
            Is64 = is64,
            D = Destination(word, 0),
            N = Source(word, 5),
            M = Source(word, 16),
            Amount = (byte)lsb,
        };
    }
}
