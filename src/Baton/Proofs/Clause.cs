namespace Baton.Proofs;

/// <summary>Whether a clause holds, and the value that tells.</summary>
/// <param name="Holds">Whether it does.</param>
/// <param name="Seen">What was found: an address, a register's value, the first thing that is wrong.</param>
public sealed record Verdict(bool Holds, string Seen)
{
    /// <summary>The clause holds, as this value shows.</summary>
    public static Verdict Kept(string seen) => new(true, seen);

    /// <summary>The clause is broken, as this value shows.</summary>
    public static Verdict Broken(string seen) => new(false, seen);

    /// <summary>The clause holds if nothing is wrong.</summary>
    /// <param name="problem">The first thing that is wrong; null when nothing is.</param>
    /// <param name="seen">What was found when nothing is wrong.</param>
    public static Verdict Unless(string? problem, string seen) => problem is null ? Kept(seen) : Broken(problem);
}

/// <summary>One demand of a boot protocol on what its kernel finds at its first instruction.</summary>
/// <typeparam name="TArrival">The machine at that instruction.</typeparam>
/// <param name="Id">Stable and lower-case, e.g. <c>code-segment</c>; scripts may look for it.</param>
/// <param name="Demand">One sentence.</param>
/// <param name="Source">The document that demands it, with its section.</param>
/// <param name="Judge">Decides whether it holds; null when another clause's failure leaves nothing to judge. Pure.</param>
public sealed record Clause<TArrival>(string Id, string Demand, string Source, Func<TArrival, Verdict?> Judge)
{
    /// <summary>The same demand on another kind of machine.</summary>
    /// <param name="look">What of that machine is looked at.</param>
    public Clause<TOther> Seen<TOther>(Func<TOther, TArrival> look) =>
        new(Id, Demand, Source, arrival => Judge(look(arrival)));
}

/// <summary>A clause with what became of it.</summary>
/// <param name="Id">The clause's id.</param>
/// <param name="Demand">The clause's sentence.</param>
/// <param name="Source">The document that demands it.</param>
/// <param name="Verdict">Whether it holds; null when it could not be judged because of what failed before.</param>
public sealed record ClauseResult(string Id, string Demand, string Source, Verdict? Verdict)
{
    /// <summary>Whether it was looked at and holds.</summary>
    public bool Holds => Verdict is { Holds: true };
}
