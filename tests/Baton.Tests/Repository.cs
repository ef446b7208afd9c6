namespace Baton.Tests;

/// <summary>Where the sources lie: the tests read documents and vectors from there.</summary>
internal static class Repository
{
    /// <summary>The folder that holds baton.slnx.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "baton.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("the tests are not run from inside the repository");
    }
}
