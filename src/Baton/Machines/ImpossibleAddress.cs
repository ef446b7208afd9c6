using Baton.Bytes;
using Baton.Memory;

namespace Baton.Machines;

/// <summary>Addresses that no processor has: who wrote them is damaged or hostile, and nothing can be mapped there.</summary>
internal static class ImpossibleAddress
{
    /// <summary>How a message about one ends.</summary>
    public const string Expected = "expected physical addresses of at most 52 bits";

    /// <summary>Makes an address of a file's number.</summary>
    /// <exception cref="ImageFormatException">It has more than 52 bits.</exception>
    public static PhysicalAddress CheckedAddress(this TextLine line, ulong value, string field) =>
        WhyNot(value) is { } problem
            ? throw line.Fault(ImageError.OutOfRange, field, problem)
            : new PhysicalAddress(value);

    /// <summary>Why a number is no address; null when it is one.</summary>
    public static string? WhyNot(ulong value) =>
        value < PhysicalAddress.Limit.Value ? null : $"found 0x{value:x}, {Expected}";
}
