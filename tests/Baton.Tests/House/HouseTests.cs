using System.Text.RegularExpressions;

namespace Baton.Tests.House;

/// <summary>The plan of the house in ARCHITECTURE.md is true: rooms use only what the table lets them.</summary>
public sealed partial class HouseTests
{
    private static readonly string Root = Repository.Root;

    [Fact]
    public void Rooms_use_only_the_rooms_that_the_architecture_allows()
    {
        Dictionary<string, HashSet<string>> allowed = ReadTable();
        List<string> wrong = [];
        foreach (string folder in Directory.EnumerateDirectories(Path.Combine(Root, "src", "Baton")))
        {
            string room = Path.GetFileName(folder);
            if (!allowed.TryGetValue(room, out HashSet<string>? uses))
            {
                wrong.Add($"src/Baton/{room} is not in ARCHITECTURE.md");
                continue;
            }

            wrong.AddRange(
                from file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
                from used in RoomsUsedBy(file)
                where used != room && !uses.Contains(used)
                select $"{Path.GetRelativePath(Root, file)} uses {used}");
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void The_pure_library_has_no_way_out()
    {
        Regex effects = Effects();
        List<string> wrong = [.. Sources(Path.Combine(Root, "src", "Baton"))
            .Where(file => effects.IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(Root, file))];
        Assert.Empty(wrong);
    }

    [Fact]
    public void Platform_calls_live_in_two_projects_only()
    {
        List<string> wrong = [.. Sources(Path.Combine(Root, "src"))
            .Where(file => !file.Contains("Baton.Linux", StringComparison.Ordinal)
                && !file.Contains("Baton.Compression", StringComparison.Ordinal)
                && PlatformCalls().IsMatch(File.ReadAllText(file)))];
        Assert.Empty(wrong);
    }

    [Fact]
    public void No_line_is_longer_than_130_columns()
    {
        List<string> wrong = [];
        foreach (string file in Sources(Path.Combine(Root, "src")).Concat(Sources(Path.Combine(Root, "tests"))))
        {
            int number = 0;
            wrong.AddRange(File.ReadLines(file)
                .Select(line => (Line: line, Number: ++number))
                .Where(line => line.Line.Length > 130)
                .Select(line => $"{Path.GetRelativePath(Root, file)}:{line.Number}"));
        }

        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
    }

    private static Dictionary<string, HashSet<string>> ReadTable()
    {
        Dictionary<string, HashSet<string>> table = [];
        foreach (Match row in TableRow().Matches(File.ReadAllText(Path.Combine(Root, "ARCHITECTURE.md"))))
        {
            table[row.Groups[1].Value] = [.. row.Groups[2].Value.Split(
                ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        }

        return table;
    }

    private static IEnumerable<string> RoomsUsedBy(string file) =>
        UsingLine().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value).Distinct();

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories);

    [GeneratedRegex(@"^using Baton\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", RegexOptions.Multiline)]
    private static partial Regex TableRow();

    [GeneratedRegex(
        @"DllImport|LibraryImport|Process\.Start|HttpClient|DateTime\.(Utc)?Now|\bFile\.[A-Z]\w+\(|FileStream\(|Environment\.")]
    private static partial Regex Effects();

    [GeneratedRegex(@"\[(DllImport|LibraryImport)\(")]
    private static partial Regex PlatformCalls();
}
