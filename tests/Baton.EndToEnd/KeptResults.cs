using System.Text.RegularExpressions;

namespace Baton.EndToEnd;

/// <summary>What scenarios produced, kept in artifacts/test-results for a look after a failure.</summary>
internal static partial class KeptResults
{
    /// <summary>Writes the console and the frames of the test that runs now.</summary>
    public static void Save(byte[] console, byte[] data)
    {
        string test = TestContext.Current.Test?.TestDisplayName ?? "unknown";
        string directory = Path.Join(Repository.Root, "artifacts", "test-results", "guests", Unfit().Replace(test, "_"));
        Directory.CreateDirectory(directory);
        File.WriteAllBytes(Path.Join(directory, "console.log"), console);
        File.WriteAllBytes(Path.Join(directory, "data"), data);
    }

    [GeneratedRegex("[^A-Za-z0-9._,=-]+")]
    private static partial Regex Unfit();
}
