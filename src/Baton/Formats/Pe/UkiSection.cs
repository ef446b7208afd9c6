using Baton.Bytes;

namespace Baton.Formats.Pe;

/// <summary>A part of a unified kernel image, referred to and not copied.</summary>
/// <param name="Name">The section's name: <c>.linux</c>.</param>
/// <param name="Profile">The profile that it belongs to; null for all of them.</param>
/// <param name="Offset">Offset in the file, in bytes.</param>
/// <param name="Content">The bytes, without what fills the section up.</param>
public sealed record UkiSection(string Name, int? Profile, long Offset, IByteSource Content)
{
    /// <summary>Size in bytes.</summary>
    public long Length => Content.Length;
}
