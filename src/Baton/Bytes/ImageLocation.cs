namespace Baton.Bytes;

/// <summary>A place in an image: where it came from, the offset in bytes, and the specification's name of the field.</summary>
/// <param name="Source">File name, or what stands for one.</param>
/// <param name="Offset">Bytes from the start of the source; for text, the line number counted from 1.</param>
/// <param name="Field">The field's name as the specification spells it.</param>
public readonly record struct ImageLocation(string Source, long Offset, string Field)
{
    /// <summary>Whether <see cref="Offset"/> counts lines instead of bytes.</summary>
    public bool IsLine { get; init; }

    /// <summary>Formats as <c>file+0x1fe (boot_flag)</c>, or <c>file:12 (end)</c> for text.</summary>
    public override string ToString() => IsLine ? $"{Source}:{Offset} ({Field})" : $"{Source}+0x{Offset:x} ({Field})";
}
