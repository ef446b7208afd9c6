using Baton.Linux.Files;

namespace Baton.Cli;

/// <summary>A file that the user names for a command to write, and what is said when that cannot be.</summary>
internal sealed class OutputFile
{
    private readonly string _path;
    private readonly WholeFile _file;

    private OutputFile(string path, WholeFile file)
    {
        _path = path;
        _file = file;
    }

    /// <summary>Looks whether it can be written, before long work is done for it.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="inputs">The files that are read to make it.</param>
    /// <exception cref="CommandException">Something else is there than a file, or it is an input.</exception>
    public static OutputFile At(string path, IEnumerable<string> inputs)
    {
        try
        {
            return new OutputFile(path, WholeFile.At(path, inputs));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(path, e);
        }
    }

    /// <summary>Refuses to replace what is there.</summary>
    /// <exception cref="CommandException">There is a file of that name.</exception>
    public void MustBeNew()
    {
        if (_file.Exists)
        {
            throw AlreadyThere(null);
        }
    }

    /// <summary>Writes it, in place of a file of that name, or not at all.</summary>
    /// <param name="write">Writes the bytes.</param>
    /// <param name="mayReplace">Whether a file that has come there meanwhile is replaced too.</param>
    /// <param name="mode">Its mode; null for the replaced file's, or a new file's.</param>
    /// <exception cref="CommandException">It cannot be written.</exception>
    public void Write(Action<Stream> write, bool mayReplace = true, UnixFileMode? mode = null)
    {
        try
        {
            _file.Write(write, mayReplace, mode);
        }
        catch (IOException e) when (!mayReplace && Path.Exists(_path))
        {
            throw AlreadyThere(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(_path, e);
        }
    }

    private CommandException AlreadyThere(Exception? cause) =>
        new(ExitCode.CannotCreate, $"{_path}: is there already; --force replaces it", cause);

    private static CommandException Failure(string path, Exception cause) =>
        new(ExitCode.CannotCreate, $"{path}: cannot be written: {cause.Message}", cause);
}
