namespace Baton.Tests;

/// <summary>Test cases from tests/vectors: one a line, fields between bars, '#' starts a comment, '-' is nothing.</summary>
internal static class Vectors
{
    /// <summary>The cases of a file, each with its line number in front.</summary>
    public static TheoryData<int, string> Lines(string name)
    {
        TheoryData<int, string> cases = [];
        int number = 0;
        foreach (string line in File.ReadLines(Path.Combine(Repository.Root, "tests", "vectors", name)))
        {
            number++;
            if (line.Length > 0 && line[0] != '#')
            {
                cases.Add(number, line);
            }
        }

        return cases;
    }

    /// <summary>The fields of a case, '-' as null.</summary>
    public static string?[] Fields(string line) =>
        [.. line.Split(" | ").Select(field => field.Trim() is "-" or "" ? null : field.Trim())];
}
