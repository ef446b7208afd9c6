using System.Globalization;
using Baton.Handoffs;
using Baton.Proofs.Walks;
using Baton.Reports.Disassembly;

namespace Baton.Reports.Walks;

/// <summary>What a walk through an arm64 machine shows.</summary>
public sealed class Arm64Panes : IWalkPanes
{
    /// <inheritdoc/>
    public Architecture Architecture => Architecture.Arm64;

    /// <summary>A crossing has no stack; behind its code lie the literals that it loads.</summary>
    public string FirstWatched => "pc";

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine> Registers(WalkSession session) =>
        Arm64RegisterPane.Lines(session, Machine(session).Processor);

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine> Code(WalkSession session, int before, int after) =>
        CodePane.Around(session, Reader(session), before, after);

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine> Listing(WalkSession session, ulong address, int count) =>
        CodePane.From(session, Reader(session), address, count);

    /// <inheritdoc/>
    public string NextInstruction(WalkSession session) => CodePane.Next(session, Reader(session));

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine>? Descriptors(WalkSession session) => null;

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine> SystemRegisters(WalkSession session) => Arm64SystemPane.Lines(Machine(session).Processor);

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine> Caches(WalkSession session, ulong? address) => address is { } one
        ? Arm64CachePane.Line(Machine(session), one)
        : Arm64CachePane.Lines(Machine(session));

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine> PageWalk(WalkSession session, ulong address) =>
        Arm64TranslationPane.Lines(Machine(session), address);

    private static CodeReader Reader(WalkSession session)
    {
        Arm64WalkMachine machine = Machine(session);
        return (address, _, count) => Read(machine, address, count);
    }

    private static List<CodeLine> Read(Arm64WalkMachine machine, ulong address, int count)
    {
        List<CodeLine> lines = [];
        for (int i = 0; i < count && machine.PeekCode(address) is { } word; i++)
        {
            lines.Add(new CodeLine(
                address, word.ToString("x8", CultureInfo.InvariantCulture), Arm64Listing.Text(word, address)));
            address = unchecked(address + Arm64Listing.InstructionSize);
        }

        return lines;
    }

    private static Arm64WalkMachine Machine(WalkSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.Machine as Arm64WalkMachine
            ?? throw new ArgumentException("the walk is not through an arm64 machine", nameof(session));
    }
}
