using Iced.Intel;

namespace Baton.Proofs.X64;

/// <summary>Tells an instruction that is too long from one of full length that is not defined: both have 15 bytes.</summary>
internal static class InstructionLimit
{
    /// <summary>Whether what the reader has read, and Iced calls invalid, goes on behind the 15th byte.</summary>
    public static bool IsExceeded(InstructionReader reader, int bits)
    {
        if (reader.Length < X64Processor.LongestInstruction)
        {
            return false;
        }

        byte[] bytes = [.. BitConverter.GetBytes(reader.BytesLow), .. BitConverter.GetBytes(reader.BytesHigh)[..7]];

        // Without its checks Iced takes what is only forbidden, such as a LOCK prefix in the wrong place.
        Decoder decoder = Decoder.Create(bits, new ByteArrayCodeReader(bytes), DecoderOptions.NoInvalidCheck);
        return decoder.Decode().IsInvalid;
    }
}
