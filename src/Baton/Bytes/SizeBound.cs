namespace Baton.Bytes;

/// <summary>What a number of bytes says of a size that is not known for certain.</summary>
public enum SizeBound
{
    /// <summary>It is the size.</summary>
    Exact,

    /// <summary>The size is not above it.</summary>
    AtMost,

    /// <summary>The size is not below it.</summary>
    AtLeast,
}
