using Baton.Proofs.Walks;

namespace Baton.Reports.Walks;

/// <summary>What a walk through an x86 machine shows.</summary>
public sealed class X64Panes : IWalkPanes
{
    /// <inheritdoc/>
    public IReadOnlyList<PaneLine> Registers(WalkSession session) =>
        X64RegisterPane.Lines(session, Machine(session).Processor.State);

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine> Code(WalkSession session, int before, int after) =>
        X64CodePane.Around(session, Machine(session), before, after);

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine> Listing(WalkSession session, ulong address, int count) =>
        X64CodePane.From(Machine(session), address, count);

    /// <inheritdoc/>
    public string NextInstruction(WalkSession session) => X64CodePane.Next(Machine(session));

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine> Descriptors(WalkSession session) => X64DescriptorPane.Lines(Machine(session).Processor);

    /// <inheritdoc/>
    public IReadOnlyList<PaneLine> PageWalk(WalkSession session, ulong address) =>
        X64PageWalkPane.Lines(Machine(session), address);

    private static X64WalkMachine Machine(WalkSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.Machine as X64WalkMachine
            ?? throw new ArgumentException("the walk is not through an x86 machine", nameof(session));
    }
}
