namespace Baton.Differential.Arm64;

/// <summary>The files of the repository that the judge reads.</summary>
internal static class JudgeFiles
{
    /// <summary>The repository.</summary>
    public static string Root
    {
        get
        {
            string directory = AppContext.BaseDirectory;
            while (!File.Exists(Path.Join(directory, "baton.slnx")))
            {
                directory = Path.GetDirectoryName(directory)
                    ?? throw new DirectoryNotFoundException($"no baton.slnx above {AppContext.BaseDirectory}");
            }

            return directory;
        }
    }

    /// <summary>A file of tests/vectors.</summary>
    public static string Vectors(string name) => Path.Join(Root, "tests", "vectors", name);
}
