namespace Baton.Formats.DeviceTrees;

/// <summary>
/// The names of nodes and properties. The specification's sets of characters (sections 2.2.1 and 2.2.4) are smaller; what
/// is told apart here is what can be printed and found by a path.
/// </summary>
internal static class DeviceTreeNames
{
    /// <summary>The longest name that is read, in bytes; the specification wants 31.</summary>
    public const int Longest = 255;

    /// <summary>Whether all bytes are printable ASCII, without blanks and slashes.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> name)
    {
        foreach (byte b in name)
        {
            if (b is <= 0x20 or >= 0x7f or (byte)'/')
            {
                return false;
            }
        }

        return !name.IsEmpty;
    }

    /// <summary>Whether the name is one that a .dts source can spell.</summary>
    public static bool IsSource(string name) =>
        name.All(c => char.IsAsciiLetterOrDigit(c) || ",._+*#?@-".Contains(c, StringComparison.Ordinal));

    /// <exception cref="ArgumentException">The name is none that a property can have.</exception>
    public static void CheckProperty(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > Longest || !IsSource(name) || name.Contains('@', StringComparison.Ordinal))
        {
            throw new ArgumentException($"\"{name}\" is no name of a property", nameof(name));
        }
    }

    /// <exception cref="ArgumentException">The name is none that a node can have.</exception>
    public static void CheckNode(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > Longest || !IsSource(name) || name.Count(c => c == '@') > 1 || name[0] == '@')
        {
            throw new ArgumentException($"\"{name}\" is no name of a node", nameof(name));
        }
    }
}
