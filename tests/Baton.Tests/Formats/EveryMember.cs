using System.Collections;
using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using Baton.Bytes;

namespace Baton.Tests.Formats;

/// <summary>Reads every property of a result, and of what they return: a parser has not succeeded before that.</summary>
internal static class EveryMember
{
    private const int Deepest = 8;

    private static readonly ConcurrentDictionary<Type, Func<object, object?>[]> Getters = new();

    /// <summary>Reads all there is, and returns the object.</summary>
    public static object? Read(object? value)
    {
        Walk(value, 0);
        return value;
    }

    private static void Walk(object? value, int depth)
    {
        if (value is null or string or IByteSource || depth > Deepest)
        {
            return;
        }

        if (value is IEnumerable sequence)
        {
            foreach (object? element in sequence)
            {
                Walk(element, depth + 1);
            }

            return;
        }

        Type type = value.GetType();
        if (type.Namespace?.StartsWith("Baton", StringComparison.Ordinal) != true || type.IsEnum)
        {
            return;
        }

        foreach (Func<object, object?> getter in Getters.GetOrAdd(type, GettersOf))
        {
            Walk(getter(value), depth + 1);
        }
    }

    private static Func<object, object?>[] GettersOf(Type type) =>
    [
        .. type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(p => p.GetIndexParameters().Length == 0 && !p.PropertyType.IsByRefLike)
            .Select(Getter),
        .. WritesItself(type) ? (Func<object, object?>[])[value => value.ToString()] : [],
    ];

    /// <summary>Whether the type has a ToString of its own; a record's reads only what is read here anyway.</summary>
    private static bool WritesItself(Type type) =>
        type.GetMethod(nameof(ToString), Type.EmptyTypes) is { } method && method.DeclaringType == type
        && !method.IsDefined(typeof(CompilerGeneratedAttribute));

    private static Func<object, object?> Getter(PropertyInfo property)
    {
        ParameterExpression value = Expression.Parameter(typeof(object));
        Expression read = Expression.Property(Expression.Convert(value, property.DeclaringType!), property);
        return Expression.Lambda<Func<object, object?>>(Expression.Convert(read, typeof(object)), value).Compile();
    }
}
