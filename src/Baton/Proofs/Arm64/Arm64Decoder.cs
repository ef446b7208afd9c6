namespace Baton.Proofs.Arm64;

/// <summary>
/// Decodes A64 instructions, as a tree that follows the encoding groups of the Arm ARM (DDI 0487, chapter C4). What the
/// architecture does not have is <see cref="Arm64Operation.Undefined"/>; extensions that are left out here (floating
/// point and vectors, tags, pointer authentication outside the hint space, and others) are
/// <see cref="Arm64Operation.NotSimulated"/>.
/// </summary>
internal static partial class Arm64Decoder
{
    /// <summary>Decodes one instruction word.</summary>
    public static Arm64Instruction Decode(uint word)
    {
        Arm64Instruction decoded = Bits(word, 28, 25) switch
        {
            0b0000 => Bit(word, 31) == 0 ? Undefined : NotSimulated,
            0b0010 => NotSimulated,
            0b1000 or 0b1001 => DataProcessingImmediate(word),
            0b1010 or 0b1011 => BranchExceptionSystem(word),
            0b0100 or 0b0110 or 0b1100 or 0b1110 => LoadStore(word),
            0b0101 or 0b1101 => DataProcessingRegister(word),
            0b0111 or 0b1111 => NotSimulated,
            _ => Undefined,
        };
        decoded.Word = word;
        return decoded;
    }

    private static uint Bits(uint word, int high, int low) => (word >> low) & ((1U << (high - low + 1)) - 1);

    private static uint Bit(uint word, int bit) => (word >> bit) & 1;

    private static ulong Signed(uint field, int bits) => Arm64Arithmetic.SignExtendBits(field, bits);

    private static Arm64Instruction Only(Arm64Operation operation) => new() { Operation = operation };

    private static Arm64Instruction Undefined => Only(Arm64Operation.Undefined);

    private static Arm64Instruction NotSimulated => Only(Arm64Operation.NotSimulated);

    private static Arm64Instruction Unpredictable => Only(Arm64Operation.Unpredictable);

    /// <summary>A source, or the value of a store: 31 is zero.</summary>
    private static byte Source(uint word, int low) => (byte)Bits(word, low + 4, low);

    /// <summary>A source or base for which 31 is the stack pointer.</summary>
    private static byte SourceOrStack(uint word, int low) =>
        Source(word, low) is var register && register == 31 ? Arm64Instruction.StackPointer : register;

    /// <summary>A destination for which 31 keeps nothing.</summary>
    private static byte Destination(uint word, int low) =>
        Source(word, low) is var register && register == 31 ? Arm64Instruction.Discard : register;
}
