using System.Text;
using System.Text.Json;

namespace Baton.Cli;

/// <summary>
/// What <c>baton load</c> loaded, kept in /run for <c>baton status</c>: the kernel itself only tells that something is
/// loaded, not by whom. It is a memory aid: a machine without a writable /run loses nothing but that.
/// </summary>
internal sealed record LoadedRecord
{
    /// <summary>Where it is kept.</summary>
    public const string Folder = "/run/baton";

    private const string Name = "loaded.json";

    public required string Kernel { get; init; }

    public required string Version { get; init; }

    public required string CommandLine { get; init; }

    public required string Carrier { get; init; }

    public required IReadOnlyList<string> Initrds { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>The nextboot.conf that the jump must disable; null for none.</summary>
    public string? NextBoot { get; init; }

    /// <summary>Keeps the record, if there is a place for it; its writer alone may read it.</summary>
    public static void Write(LoadedRecord record, string folder = Folder)
    {
        string written = Path.Join(folder, Name + ".new");
        try
        {
            Directory.CreateDirectory(folder);

            // A command line may have secrets. A file that is there would keep its mode.
            File.Delete(written);
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using FileStream file = new(written, options);
            using (Utf8JsonWriter json = new(file, new JsonWriterOptions { Indented = true }))
            {
                json.WriteStartObject();
                record.WriteTo(json);
                json.WriteEndObject();
            }

            file.Close();
            File.Move(written, Path.Join(folder, Name), overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Remove(folder);
        }
    }

    /// <summary>Forgets the record: it would tell of something that is no longer loaded.</summary>
    public static void Remove(string folder = Folder)
    {
        try
        {
            File.Delete(Path.Join(folder, Name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without the right to delete it there was none to write it either.
        }
    }

    /// <summary>Reads the record; null when there is none that can be read.</summary>
    public static LoadedRecord? Read(string folder = Folder)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Join(folder, Name), Encoding.UTF8));
            JsonElement root = document.RootElement;
            return new LoadedRecord
            {
                Kernel = root.GetProperty("kernel").GetString() ?? "",
                Version = root.GetProperty("version").GetString() ?? "",
                CommandLine = root.GetProperty("command_line").GetString() ?? "",
                Carrier = root.GetProperty("carrier").GetString() ?? "",
                Initrds = [.. root.GetProperty("initrds").EnumerateArray().Select(e => e.GetString() ?? "")],
                Time = root.GetProperty("time").GetDateTimeOffset(),
                NextBoot = root.TryGetProperty("nextboot", out JsonElement file) ? file.GetString() : null,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException
            or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>
    /// An initrd's name as the record keeps it: a file's whole path, a stream's name as it was given. What may be a secret in an
    /// address is left out.
    /// </summary>
    public static string NameOf(string initrd)
    {
        if (!StreamedInitrd.IsNoFile(initrd))
        {
            return Path.GetFullPath(initrd);
        }

        if (initrd == StreamedInitrd.StandardInput || !Uri.TryCreate(initrd, UriKind.Absolute, out Uri? address))
        {
            return StreamedInitrd.StandardInput;
        }

        string place = address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
        return address.Query.Length > 0 ? place + "?…" : place;
    }

    /// <summary>What is known of the kernel that is loaded, for people.</summary>
    public IEnumerable<string> Describe() =>
    [
        $"baton last loaded {Kernel} ({Version}) by {Carrier}, {Time:yyyy-MM-dd HH:mm:ss} UTC; "
            + "the kernel does not tell whether another program has loaded since",
        $"with the command line: {CommandLine}",
    ];

    /// <summary>Writes the properties into the object that is open.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteString("kernel", Kernel);
        json.WriteString("version", Version);
        json.WriteString("command_line", CommandLine);
        json.WriteString("carrier", Carrier);
        json.WriteStartArray("initrds");
        foreach (string initrd in Initrds)
        {
            json.WriteStringValue(initrd);
        }

        json.WriteEndArray();
        json.WriteString("time", Time);
        if (NextBoot is not null)
        {
            json.WriteString("nextboot", NextBoot);
        }
    }
}
