namespace Baton.Bytes;

/// <summary>The only exception that leaves a parser: what is wrong, where, what was found and what was expected.</summary>
public sealed class ImageFormatException(ImageError error, ImageLocation where, string problem, Exception? cause = null)
    : Exception($"{where}: {problem}", cause)
{
    /// <summary>The kind of defect.</summary>
    public ImageError Error { get; } = error;

    /// <summary>The place of the defect.</summary>
    public ImageLocation Where { get; } = where;

    /// <summary>What was found and what was expected, without the place.</summary>
    public string Problem { get; } = problem;
}
