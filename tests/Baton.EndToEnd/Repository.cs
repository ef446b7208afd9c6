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

    /// <summary>Debian's static busybox for arm64.</summary>
    public static string BusyboxArm64 => Existing(Path.Join(Cache, "programs", "arm64", "busybox"), "tools/fetch-programs");

    /// <summary>A script of the tools folder.</summary>
    public static string Tool(string name) => Path.Join(Root, "tools", name);

    /// <summary>Where what was downloaded is kept.</summary>
    public static string Cache => Path.Join(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set
            ? set
            : Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "baton");

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
