namespace Baton.EndToEnd;

/// <summary>The files beside the tests: what ./build and tools/fetch-kernels have made.</summary>
internal static class Repository
{
    /// <summary>The static binary.</summary>
    public static string Binary => Existing(Path.Join(Root, "artifacts", "baton"), "./build");

    /// <summary>A script for the guest.</summary>
    public static string GuestScript(string name) => Path.Join(AppContext.BaseDirectory, "guest", name);

    /// <summary>Debian's static busybox.</summary>
    public static string Busybox => Existing("/usr/bin/busybox", "tools/install-packages lab");

    /// <summary>A file, or an error that says how to get it.</summary>
    public static string Existing(string file, string maker) =>
        File.Exists(file) ? file : throw new FileNotFoundException($"{file} is not there: run {maker} first");

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
}
