namespace Baton.Linux.Kexec;

/// <summary>
/// The mark of the process that has loaded a list which leads into its own memory: a file, there as long as the list is loaded.
/// When the process is gone, the list leads nowhere, and the kernel does not tell what is loaded.
/// </summary>
public static class ListMark
{
    private const string Name = "list";

    /// <summary>What the mark says; null for none.</summary>
    /// <param name="folder">Where it is kept.</param>
    public static string? Read(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Join(folder, Name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Leaves this process's mark, if there is a place for it.</summary>
    /// <param name="folder">Where it is kept.</param>
    public static void Leave(string folder) => PutBack(folder, ProcessMark.OfThisProcess().Text);

    /// <summary>Has the mark say what it said before.</summary>
    /// <param name="folder">Where it is kept.</param>
    /// <param name="text">What <see cref="Read"/> has told; null for none.</param>
    public static void PutBack(string folder, string? text)
    {
        string file = Path.Join(folder, Name);
        try
        {
            if (text is null)
            {
                File.Delete(file);
                return;
            }

            Directory.CreateDirectory(folder);
            File.WriteAllText(file, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Where /run cannot be written, nobody can be told.
        }
    }

    /// <summary>Whether the process whose list is loaded is gone.</summary>
    /// <param name="folder">Where the mark is kept.</param>
    public static bool IsOfDead(string folder) =>
        Read(folder) is { } text && new ProcessMark(text).IsLeftBehind;
}
