using Baton.Bytes;
using Baton.Handoffs;

namespace Baton.Protocols.FreeBsd.LoaderConf;

/// <summary>
/// Reads what configures FreeBSD's loader, in its order: the defaults, the files that they name (device.hints,
/// loader.conf), the directories of loader.conf.d, loader.conf.local, and nextboot.conf. A malformed line is noted and passed
/// over, as the stock loader does.
/// </summary>
public sealed class LoaderConfReader
{
    private const string Defaults = "/boot/defaults/loader.conf";
    private const string DefaultFiles = "/boot/device.hints /boot/loader.conf /boot/loader.conf.local";
    private const string DefaultDirectories = "/boot/loader.conf.d";
    private const string DefaultNextBoot = "/boot/nextboot.conf";

    /// <summary>What the name of a file ends in that is a program in Lua.</summary>
    private const string Program = ".lua";

    /// <summary>More files than anyone has; configuration files can name each other.</summary>
    private const int MostFiles = 1000;

    private readonly FreeBsdRoot _root;
    private readonly bool _isStrict;
    private readonly LoaderSettings _settings = new();
    private readonly List<string> _files = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    private LoaderConfReader(FreeBsdRoot root, bool isStrict)
    {
        _root = root;
        _isStrict = isStrict;
    }

    /// <summary>
    /// The variables that say what is read: they count where files set them, since whoever sets them over all files comes
    /// too late.
    /// </summary>
    public static IReadOnlyList<string> Choosers { get; } =
    [
        LoaderSettings.FileList, "local_loader_conf_files", "loader_conf_dirs", "product_vars", "nextboot_conf",
        "nextboot_enable",
    ];

    /// <summary>Reads everything.</summary>
    /// <param name="root">A FreeBSD root, or its /boot.</param>
    /// <param name="isStrict">Whether a malformed line is an error.</param>
    /// <param name="honoursNextBoot">Whether nextboot.conf counts: it does for the next boot, and for no later one.</param>
    /// <exception cref="ImageFormatException">
    /// <see cref="ImageError.BadSyntax"/>: a malformed line, when strict. <see cref="ImageError.Missing"/>: a file that is
    /// there and may not be read.
    /// </exception>
    public static LoaderSettings Read(FreeBsdRoot root, bool isStrict = false, bool honoursNextBoot = true)
    {
        ArgumentNullException.ThrowIfNull(root);
        return new LoaderConfReader(root, isStrict).Read(honoursNextBoot);
    }

    /// <summary>Reads one text as if it were a file of its own.</summary>
    public static LoaderSettings ReadText(string text, string name = "loader.conf")
    {
        LoaderConfReader reader = new(new FreeBsdRoot(EmptyTree.Instance), isStrict: false);
        reader.Apply(text, name);
        return reader._settings;
    }

    private LoaderSettings Read(bool honoursNextBoot)
    {
        ReadFile(Defaults, DefaultFiles);
        foreach (string directory in Words(_settings["loader_conf_dirs"] ?? DefaultDirectories))
        {
            foreach (string name in _root.List(directory).Where(name => name.EndsWith(".conf", StringComparison.Ordinal)
                || name.EndsWith(Program, StringComparison.Ordinal)))
            {
                ReadFile($"{directory}/{name}");
            }
        }

        if (_settings.Find("product_vars") is { Value.Length: > 0 } products)
        {
            _settings.Note(
                Severity.Warning,
                "loader-conf-products",
                $"{products.Place}: product_vars: the directories of {DefaultDirectories} that FreeBSD's loader chooses by what "
                + "the firmware calls the machine are not read; put their settings into another file");
        }

        // Since 14.1 loader.conf.local is not among the files of the defaults, but comes behind the directories.
        foreach (string file in Words(_settings["local_loader_conf_files"] ?? ""))
        {
            ReadFile(file);
        }

        ReadNextBoot(_settings["nextboot_conf"] ?? DefaultNextBoot, honoursNextBoot);
        _settings.Files = _files;
        return _settings;
    }

    /// <summary>
    /// A file, once, and right behind it the files that it names in turn; whoever named it goes on with the list that it had.
    /// </summary>
    /// <param name="path">Its path in the root.</param>
    /// <param name="list">The files to read behind it when it names none.</param>
    private void ReadFile(string path, string list = "")
    {
        if (_seen.Count == MostFiles || !_seen.Add(path))
        {
            return;
        }

        if (_seen.Count == MostFiles)
        {
            _settings.Note(
                Severity.Warning, "loader-conf-files", $"{path} is the last of {MostFiles} files, and further ones are not read");
        }

        if (path.EndsWith(Program, StringComparison.Ordinal))
        {
            NoteProgram(path);
            return;
        }

        if (_root.ReadText(path) is { } text)
        {
            _files.Add(path);
            Apply(text, path);
            list = _settings.Find(LoaderSettings.FileList) is { } named && named.Place.File == path ? named.Value : list;
        }

        foreach (string file in Words(list))
        {
            ReadFile(file);
        }
    }

    private void NoteProgram(string path)
    {
        if (_root.Read(path).State != TreeFileState.Absent)
        {
            _settings.Note(
                Severity.Warning,
                "loader-conf-lua",
                $"{path}: a program for FreeBSD's loader, which is not carried out; put what it sets into a file of settings");
        }
    }

    private void ReadNextBoot(string path, bool isHonoured)
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

        if (!isHonoured)
        {
            _settings.Note(
                Severity.Warning,
                "nextboot-left-out",
                $"{path} is in force and is left out: it holds for the next boot alone, and a pack may be started in any");
            return;
        }

        _settings.NextBootFile = path;
        _files.Add(path);
        Apply(text, path);
        _settings.Note(Severity.Note, "nextboot", $"{path} is in force: it holds for one boot only.");
    }

    private void Apply(string text, string file)
    {
        foreach ((int i, string line) in text.Split('\n').Index())
        {
            Apply(LoaderLine.Parse(line), new LoaderPlace(file, i + 1), line);
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
            default:
                if (_settings.Apply(line, place) is { } problem)
                {
                    Reject(place, text, $" ({problem})");
                }

                break;
        }
    }

    private void Reject(LoaderPlace place, string text, string why = "")
    {
        string problem = $"malformed: \"{Show(SecretVariables.ShownLine(text.Trim()))}\"{why}";
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
