namespace Baton;

/// <summary>
/// The projection of System.Linq, for our assemblies. There it is a virtual method of each iterator, generic in what comes
/// out, and what is compiled ahead of time has it for every pair of value types that any two of them project: most of a static
/// binary (docs/decisions/0002). Being in an enclosing namespace, this one is what <c>Select</c> means here, in query
/// expressions too.
/// </summary>
internal static class Projection
{
    public static IEnumerable<TResult> Select<TSource, TResult>(this IEnumerable<TSource> source, Func<TSource, TResult> selector)
    {
        foreach (TSource item in source)
        {
            yield return selector(item);
        }
    }
}
