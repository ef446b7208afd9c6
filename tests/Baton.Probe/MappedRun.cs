using System.Globalization;
using Baton.Memory;

namespace Baton.Probe;

/// <summary>A run of pages that follow each other in both spaces, alike in size and rights, as a walk found it.</summary>
/// <param name="VirtualStart">The first linear address.</param>
/// <param name="Physical">Where it leads.</param>
/// <param name="PageSize">The size of its pages in bytes.</param>
/// <param name="IsWritable">Writable on all levels.</param>
/// <param name="IsExecutable">Without NX on all levels.</param>
/// <param name="IsUser">Open to user mode on all levels.</param>
public sealed record MappedRun(
    ulong VirtualStart, PhysicalRange Physical, ulong PageSize, bool IsWritable, bool IsExecutable, bool IsUser)
{
    /// <summary>Whether linear and physical addresses are the same.</summary>
    public bool IsIdentity => VirtualStart == Physical.Start.Value;

    /// <summary>Reads <c>linear physical length page wxu</c>: numbers in hexadecimal, a dash for a missing right.</summary>
    /// <exception cref="FormatException">The text is no such line.</exception>
    public static MappedRun Parse(string text)
    {
        string[] words = text.Split(' ');
        if (words.Length != 5 || words[4].Length != 3)
        {
            throw new FormatException($"\"{text}\" is no run of pages");
        }

        ulong[] numbers = [.. words[..4].Select(word => ulong.Parse(word, NumberStyles.AllowHexSpecifier, null))];
        return new MappedRun(
            numbers[0],
            new PhysicalRange(new PhysicalAddress(numbers[1]), numbers[2]),
            numbers[3],
            words[4][0] == 'w',
            words[4][1] == 'x',
            words[4][2] == 'u');
    }
}
