using Baton.Proofs.Walks;
using Baton.Proofs.X64;

namespace Baton.Reports.Walks;

/// <summary>x86 code for the code pane.</summary>
internal static class X64CodePane
{
    private const int ShownBytes = 10;

    public static IReadOnlyList<CodeLine> Read(X64WalkMachine machine, ulong address, int mode, int count) =>
    [
        .. X64Listing
            .Disassemble(
                machine.Processor.PeekCode(address, count * X64Processor.LongestInstruction),
                X64WalkMachine.BitsOf(mode),
                address,
                count)
            .Select(line => new CodeLine(line.Address, Hex(line.Bytes.Span), line.Text)),
    ];

    private static string Hex(ReadOnlySpan<byte> bytes)
    {
        string hex = Convert.ToHexStringLower(bytes.Length > ShownBytes ? bytes[..(ShownBytes - 1)] : bytes);
        return (bytes.Length > ShownBytes ? $"{hex}.." : hex).PadRight(ShownBytes * 2);
    }
}
