using Baton.Proofs.Walks;
using Baton.Proofs.X64;

namespace Baton.Reports.Walks;

/// <summary>x86 code around the next instruction.</summary>
internal static class X64CodePane
{
    private const int ShownBytes = 10;

    public static IReadOnlyList<PaneLine> Around(WalkSession session, X64WalkMachine machine, int before, int after)
    {
        List<(bool IsNext, X64Line Line)> rows =
        [
            .. session.Trail.Last(before)
                .SelectMany(foot => Disassemble(machine, foot.Address, X64WalkMachine.BitsOf(foot.Mode), 1))
                .Select(line => (false, line)),
        ];
        List<X64Line> ahead = Disassemble(machine, session.ProgramCounter, X64WalkMachine.BitsOf(machine.Mode), after + 1);
        rows.AddRange(ahead.Select((line, i) => (i == 0, line)));
        List<PaneLine> lines = Format(machine, rows);
        if (ahead.Count == 0)
        {
            string reason = WhyNoCode(machine, session.ProgramCounter);
            lines.Add(PaneLine.Of($"> {session.ProgramCounter:x8}  {reason}", PaneStyle.Reverse));
        }

        return lines;
    }

    public static IReadOnlyList<PaneLine> From(X64WalkMachine machine, ulong address, int count)
    {
        List<X64Line> code = Disassemble(machine, address, X64WalkMachine.BitsOf(machine.Mode), count);
        return code.Count == 0
            ? [PaneLine.Of($"  {address:x8}  {WhyNoCode(machine, address)}")]
            : Format(machine, [.. code.Select(line => (line.Address == machine.Processor.ProgramCounter, line))]);
    }

    /// <summary>The next instruction's text; empty when there is none.</summary>
    public static string Next(X64WalkMachine machine) =>
        Disassemble(machine, machine.Processor.ProgramCounter, X64WalkMachine.BitsOf(machine.Mode), 1) is [var line]
            ? line.Text
            : "";

    private static List<X64Line> Disassemble(X64WalkMachine machine, ulong address, int bits, int count) =>
        [
            .. X64Listing.Disassemble(
                machine.Processor.PeekCode(address, count * X64Processor.LongestInstruction), bits, address, count),
        ];

    private static List<PaneLine> Format(X64WalkMachine machine, IReadOnlyList<(bool IsNext, X64Line Line)> rows)
    {
        List<string> names = [.. rows.Select(row => PlaceNames.NameOf(machine, row.Line.Address) ?? "")];
        int width = names.Count == 0 ? 0 : names.Max(name => name.Length);
        return
        [
            .. rows.Select((row, i) => PaneLine.Of(
                $"{(row.IsNext ? '>' : ' ')} {row.Line.Address:x8}  {names[i].PadRight(width)}  {Hex(row.Line.Bytes.Span)}"
                + $"  {row.Line.Text}",
                row.IsNext ? PaneStyle.Reverse : PaneStyle.Plain)),
        ];
    }

    private static string Hex(ReadOnlySpan<byte> bytes)
    {
        string hex = Convert.ToHexStringLower(bytes.Length > ShownBytes ? bytes[..(ShownBytes - 1)] : bytes);
        return (bytes.Length > ShownBytes ? $"{hex}.." : hex).PadRight(ShownBytes * 2);
    }

    private static string WhyNoCode(X64WalkMachine machine, ulong address) =>
        machine.Locate(address) is null ? "is not mapped" : "no code: nobody has written it";
}
