using System.Text;
using System.Text.Json;

namespace Baton.Cli;

/// <summary>
/// What <c>baton load</c> loaded, kept in /run for <c>baton status</c>: the kernel itself only tells that something is
/// loaded. It is a memory aid: a machine without a writable /run loses nothing but that.
/// </summary>
internal sealed record LoadedRecord
{
    private const string Folder = "/run/baton";
    private const string Name = "loaded.json";
    private const string FileName = $"{Folder}/{Name}";

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
            Remove();
        }
    }

    /// <summary>Forgets the record: it would tell of something that is no longer loaded.</summary>
    public static void Remove()
    {
        try
        {
            File.Delete(FileName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without the right to delete it there was none to write it either.
        }
    }

    /// <summary>Reads the record; null when there is none that can be read.</summary>
    public static LoadedRecord? Read()
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(FileName, Encoding.UTF8));
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
