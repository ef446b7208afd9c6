using Baton.Handoffs;
using Baton.Proofs.Walks;
using Baton.Proofs.X64;

namespace Baton.Reports.Walks;

/// <summary>What a walk through an x86 machine shows.</summary>
public sealed class X64Panes : IWalkPanes
{
    /// <inheritdoc/>
    public Architecture Architecture => Architecture.X64;

    /// <inheritdoc/>
    public string FirstWatched => "rsp";

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine> Registers(WalkSession session) =>
        X64RegisterPane.Lines(session, Machine(session).Processor.State);

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine> Code(WalkSession session, int before, int after) =>
        CodePane.Around(session, Reader(session), before, after);

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine> Listing(WalkSession session, ulong address, int count) =>
        CodePane.From(session, Reader(session), address, count);

    /// <inheritdoc/>
    public string NextInstruction(WalkSession session) => CodePane.Next(session, Reader(session));

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine> Descriptors(WalkSession session) => X64DescriptorPane.Lines(Machine(session).Processor);

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine>? SystemRegisters(WalkSession session) => null;

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine>? Caches(WalkSession session, ulong? address) => null;

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine> PageWalk(WalkSession session, ulong address) =>
        X64PageWalkPane.Lines(Machine(session), address);

    private static CodeReader Reader(WalkSession session)
    {
        X64WalkMachine machine = Machine(session);
        return (address, mode, count) => X64CodePane.Read(machine, address, mode, count);
    }

    private static X64WalkMachine Machine(WalkSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.Machine as X64WalkMachine
            ?? throw new ArgumentException("the walk is not through an x86 machine", nameof(session));
    }
}
