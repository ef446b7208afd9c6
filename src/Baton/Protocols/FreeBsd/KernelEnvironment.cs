using System.Text;
using Baton.Bytes;

namespace Baton.Protocols.FreeBsd;

/// <summary>A FreeBSD kernel's variables: in the order in which they were first set; the last value wins.</summary>
public sealed class KernelEnvironment
{
    /// <summary>The longest name and value that a kernel keeps, in bytes, each with its NUL (KENV_MNAMELEN).</summary>
    public const int LongestPart = 128;

    /// <summary>The most variables that a kernel keeps.</summary>
    public const int Most = 512;

    private readonly List<string> _names = [];
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>The names, in order.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>All variables as people may see them, in one line.</summary>
    public string Shown =>
        string.Join(' ', _names.Select(name => $"{name}={SecretVariables.Shown(name, _values[name])}"));

    /// <summary>A variable's value; null when it is not set.</summary>
    public string? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>A copy that can be changed on its own.</summary>
    public KernelEnvironment Copy()
    {
        KernelEnvironment copy = new();
        foreach (string name in _names)
        {
            copy.Set(name, _values[name]);
        }

        return copy;
    }

    /// <summary>Whether a kernel keeps a variable: it drops longer ones.</summary>
    public static bool Fits(string name, string value) =>
        Encoding.UTF8.GetByteCount(name) < LongestPart && Encoding.UTF8.GetByteCount(value) < LongestPart;

    /// <summary>Sets a variable.</summary>
    public void Set(string name, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        if (!_values.ContainsKey(name))
        {
            _names.Add(name);
        }

        _values[name] = value;
    }

    /// <summary>Sets a variable if it is not set.</summary>
    public void SetDefault(string name, string value)
    {
        if (!_values.ContainsKey(name))
        {
            Set(name, value);
        }
    }

    /// <summary>Sets a variable from <c>name=value</c>; a name alone gets the value 1.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.BadSyntax"/>: there is no name.</exception>
    public void SetFrom(string assignment)
    {
        ArgumentNullException.ThrowIfNull(assignment);
        string[] parts = assignment.Split('=', 2);
        if (parts[0].Length == 0)
        {
            throw Refuse(ImageError.BadSyntax, assignment, $"found \"{assignment}\", expected name=value");
        }

        Set(parts[0], parts.Length > 1 ? parts[1] : "1");
    }

    /// <summary>The block that ENVP points to: each variable with a NUL, and an empty one at the end.</summary>
    /// <exception cref="ImageFormatException">A variable that the kernel would drop, or too many of them.</exception>
    public byte[] Write()
    {
        if (_names.Count > Most)
        {
            throw Refuse(ImageError.OutOfRange, _names[Most], $"{_names.Count} variables, a kernel keeps {Most}");
        }

        List<byte> bytes = [];
        foreach (string name in _names)
        {
            byte[] left = Encoding.UTF8.GetBytes(name);
            byte[] right = Encoding.UTF8.GetBytes(_values[name]);
            if (left.Length >= LongestPart || right.Length >= LongestPart)
            {
                throw Refuse(
                    ImageError.OutOfRange,
                    name,
                    $"the name has {left.Length} bytes and the value {right.Length}, and a kernel keeps "
                    + $"{LongestPart - 1} of each and drops what is longer");
            }

            if (left.Contains((byte)0) || left.Contains((byte)'=') || right.Contains((byte)0))
            {
                throw Refuse(ImageError.BadSyntax, name, "a NUL, or an equals sign in the name");
            }

            bytes.AddRange([.. left, (byte)'=', .. right, 0]);
        }

        bytes.Add(0);
        return [.. bytes];
    }

    /// <summary>Where a variable's value is in what <see cref="Write"/> gives, in bytes; null when it is not set.</summary>
    public int? OffsetOf(string name)
    {
        int at = 0;
        foreach (string other in _names)
        {
            int left = Encoding.UTF8.GetByteCount(other) + 1;
            if (other == name)
            {
                return at + left;
            }

            at += left + Encoding.UTF8.GetByteCount(_values[other]) + 1;
        }

        return null;
    }

    private static ImageFormatException Refuse(ImageError error, string name, string problem) =>
        new(error, new ImageLocation("kernel environment", 0, name.Length > 60 ? name[..60] : name), problem);
}
