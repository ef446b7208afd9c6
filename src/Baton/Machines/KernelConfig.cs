using Baton.Bytes;

namespace Baton.Machines;

/// <summary>The options that the running kernel was built with.</summary>
public sealed class KernelConfig
{
    private readonly Dictionary<string, string> _options;

    private KernelConfig(string source, Dictionary<string, string> options)
    {
        Source = source;
        _options = options;
    }

    /// <summary>The file that says so.</summary>
    public string Source { get; }

    /// <summary>The paths where the configuration of a kernel may lie, best first.</summary>
    public static IEnumerable<string> Paths(string release)
    {
        yield return "proc/config.gz";
        if (release.Length > 0)
        {
            yield return $"boot/config-{release}";
            yield return $"lib/modules/{release}/config";
        }
    }

    /// <summary>Reads the first of the files that is there; null when none is.</summary>
    /// <exception cref="ImageFormatException">config.gz is damaged.</exception>
    public static KernelConfig? Read(IFileTree tree, string release)
    {
        ArgumentNullException.ThrowIfNull(tree);
        foreach (string path in Paths(release))
        {
            if (tree.Read(path) is { IsPresent: true } file)
            {
                string name = TextFile.Of(tree, path, file).Name;
                ReadOnlyMemory<byte> text = path.EndsWith(".gz", StringComparison.Ordinal)
                    ? TarFileTree.Gunzip(file.Bytes, FileLimits.FileBytes, name)
                    : file.Bytes;
                return Parse(text, name);
            }
        }

        return null;
    }

    /// <summary>Reads the file's text: lines <c>CONFIG_X=value</c>; all others are comments.</summary>
    public static KernelConfig Parse(ReadOnlyMemory<byte> bytes, string name)
    {
        Dictionary<string, string> options = new(StringComparer.Ordinal);
        foreach (TextLine line in new TextFile(name, bytes).Lines())
        {
            int equals = line.Text.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && line.Text.StartsWith("CONFIG_", StringComparison.Ordinal))
            {
                options[line.Text[..equals]] = line.Text[(equals + 1)..];
            }
        }

        return new KernelConfig(name, options);
    }

    /// <summary>Whether an option is built in (<c>=y</c>).</summary>
    public bool IsSet(string option) => _options.GetValueOrDefault(option) == "y";
}
