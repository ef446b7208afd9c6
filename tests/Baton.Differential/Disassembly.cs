using System.Globalization;
using Iced.Intel;

namespace Baton.Differential;

/// <summary>Cases as text.</summary>
public static class Disassembly
{
    /// <summary>The instruction with its bytes.</summary>
    public static string Of(InstructionCase input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Decoder decoder = Decoder.Create(input.Mode.Bits, new ByteArrayCodeReader(input.Code), input.Rip);
        Instruction instruction = decoder.Decode();
        return $"{Convert.ToHexStringLower(input.Code)}  {instruction}";
    }

    /// <summary>The registers before.</summary>
    public static string State(InstructionCase input)
    {
        ArgumentNullException.ThrowIfNull(input);
        string registers = string.Join(' ', input.Registers.Take(input.Mode.Is64 ? 16 : 8)
            .Select(value => value.ToString("x", CultureInfo.InvariantCulture)));
        string patch = input.Patch.Length == 0 ? ""
            : string.Create(CultureInfo.InvariantCulture, $" [0x{input.PatchAddress:x}]={Convert.ToHexStringLower(input.Patch)}");
        return string.Create(
            CultureInfo.InvariantCulture, $"registers {registers} flags {input.Flags:x} rip {input.Rip:x}{patch}");
    }
}
