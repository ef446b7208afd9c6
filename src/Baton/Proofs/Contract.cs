namespace Baton.Proofs;

/// <summary>Everything that one boot protocol demands at its kernel's first instruction, for one handoff.</summary>
/// <typeparam name="TArrival">The machine at that instruction.</typeparam>
/// <param name="Name">The protocol's name, e.g. <c>Linux/x86 64-bit</c>.</param>
/// <param name="Clauses">The demands, in the order in which a report shows them; their ids differ.</param>
public sealed record Contract<TArrival>(string Name, IReadOnlyList<Clause<TArrival>> Clauses)
{
    /// <summary>Judges every clause.</summary>
    public IReadOnlyList<ClauseResult> Judge(TArrival arrival) =>
        [.. Clauses.Select(clause => new ClauseResult(clause.Id, clause.Demand, clause.Source, clause.Judge(arrival)))];

    /// <summary>The clauses when there was no arrival at which to judge them.</summary>
    public IReadOnlyList<ClauseResult> NotReached() =>
        [.. Clauses.Select(clause => new ClauseResult(clause.Id, clause.Demand, clause.Source, null))];
}
