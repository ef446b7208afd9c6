using Baton.Bytes;
using Baton.Handoffs;

namespace Baton.Protocols.FreeBsd.LoaderConf;

/// <summary>
/// Reads what configures FreeBSD's loader, in its order: the defaults, the files that they name (device.hints,
/// loader.conf, loader.conf.local), the directories of loader.conf.d, and nextboot.conf. A malformed line is noted and
/// passed over, as the stock loader does.
/// </summary>
public sealed class LoaderConfReader
{
    private const string Defaults = "/boot/defaults/loader.conf";
    private const string DefaultFiles = "/boot/device.hints /boot/loader.conf /boot/loader.conf.local";
    private const string DefaultDirectories = "/boot/loader.conf.d";
    private const string DefaultNextBoot = "/boot/nextboot.conf";

    /// <summary>More files than anyone has; configuration files can name each other.</summary>
    private const int MostFiles = 1000;

    private readonly FreeBsdRoot _root;
    private readonly bool _isStrict;
    private readonly LoaderSettings _settings = new();
    private readonly List<string> _files = [];

    private LoaderConfReader(FreeBsdRoot root, bool isStrict)
    {
        _root = root;
        _isStrict = isStrict;
    }

    /// <summary>Reads everything.</summary>
    /// <param name="root">A FreeBSD root, or its /boot.</param>
    /// <param name="isStrict">Whether a malformed line is an error.</param>
    /// <exception cref="ImageFormatException">
    /// <see cref="ImageError.BadSyntax"/>: a malformed line, when strict. <see cref="ImageError.Missing"/>: a file that is
    /// there and may not be read.
    /// </exception>
    public static LoaderSettings Read(FreeBsdRoot root, bool isStrict = false)
    {
        ArgumentNullException.ThrowIfNull(root);
        return new LoaderConfReader(root, isStrict).Read();
    }

    /// <summary>Reads one text as if it were a file of its own.</summary>
    public static LoaderSettings ReadText(string text, string name = "loader.conf")
    {
        LoaderConfReader reader = new(new FreeBsdRoot(EmptyTree.Instance), isStrict: false);
        reader.Apply(text, name, firstLine: 1);
        return reader._settings;
    }

    private LoaderSettings Read()
    {
        ReadFile(Defaults);
        ReadListedFiles();
        foreach (string directory in Words(_settings["loader_conf_dirs"] ?? DefaultDirectories))
        {
            foreach (string name in _root.List(directory).Where(name => name.EndsWith(".conf", StringComparison.Ordinal)))
            {
                ReadFile($"{directory}/{name}");
            }
        }

        // loader.conf.d may name more files, as loader.conf may.
        ReadListedFiles();
        ReadNextBoot(_settings["nextboot_conf"] ?? DefaultNextBoot);
        _settings.Files = _files;
        return _settings;
    }

    /// <summary>Each file that the variable names, once, and again what the files change it to.</summary>
    private void ReadListedFiles()
    {
        while (Words(_settings["loader_conf_files"] ?? DefaultFiles)
            .FirstOrDefault(file => !_seen.Contains(file)) is { } next && _seen.Count < MostFiles)
        {
            ReadFile(next);
        }
    }

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    private void ReadFile(string path)
    {
        if (_seen.Add(path) && _root.ReadText(path) is { } text)
        {
            _files.Add(path);
            Apply(text, path, firstLine: 1);
        }
    }

    private void ReadNextBoot(string path)
    {
        if (_root.ReadText(path) is not { } text)
        {
            return;
        }

        string first = text.Split('\n')[0];
        LoaderLine enable = LoaderLine.Parse(first);
        if (enable is { Kind: LoaderLineKind.Variable, Name: "nextboot_enable" }
            && enable.Value.Equals("NO", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        _settings.NextBootFile = path;
        _files.Add(path);
        Apply(text, path, firstLine: 1);
        _settings.Note(Severity.Note, "nextboot", $"{path} is in force: it holds for one boot only.");
    }

    private void Apply(string text, string file, int firstLine)
    {
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            Apply(LoaderLine.Parse(lines[i]), new LoaderPlace(file, firstLine + i), lines[i]);
        }
    }

    private void Apply(LoaderLine line, LoaderPlace place, string text)
    {
        switch (line.Kind)
        {
            case LoaderLineKind.Empty:
                break;
            case LoaderLineKind.Malformed:
                Reject(place, text);
                break;
            case LoaderLineKind.Exec:
                _settings.Note(LoaderSettings.PassedOver(new LoaderVariable(line.Value, place), ""));
                break;
            case LoaderLineKind.Variable:
                _settings.Set(line.Name, line.Value, place);
                break;
            default:
                ApplyModule(line, place);
                break;
        }
    }

    private void ApplyModule(LoaderLine line, LoaderPlace place)
    {
        string value = line.Value;
        _settings.Change(line.Name, place, module => line.Kind switch
        {
            LoaderLineKind.Load => module with
            {
                Load = value.Equals("yes", StringComparison.OrdinalIgnoreCase),
                Place = place,
            },
            LoaderLineKind.Name => module with { File = value },
            LoaderLineKind.Type => module with { Type = value },
            LoaderLineKind.Flags => module with { Flags = value },
            LoaderLineKind.Before => module with { Before = new LoaderVariable(value, place) },
            LoaderLineKind.After => module with { After = new LoaderVariable(value, place) },
            _ => module with { Error = new LoaderVariable(value, place) },
        });
    }

    private void Reject(LoaderPlace place, string text)
    {
        string problem = $"malformed: \"{Show(text.Trim())}\"";
        if (_isStrict)
        {
            throw new ImageFormatException(
                ImageError.BadSyntax, new ImageLocation(place.File, place.Line, "line") { IsLine = true }, problem);
        }

        _settings.Note(Severity.Warning, "loader-conf-line", $"{place}: {problem}; it is passed over, as FreeBSD's loader does");
    }

    internal static string Show(string text) =>
        string.Concat((text.Length > 60 ? text[..60] + "…" : text).Select(c => char.IsControl(c) ? '?' : c));

    private static string[] Words(string list) => list.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A tree without files.</summary>
    private sealed class EmptyTree : IFileTree
    {
        public static EmptyTree Instance { get; } = new();

        public string Name => "";

        public TreeFile Read(string path) => TreeFile.Absent;

        public IReadOnlyList<string> List(string path) => [];
    }
}
