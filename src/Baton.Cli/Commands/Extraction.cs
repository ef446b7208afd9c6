using Baton.Compression;
using Baton.Formats;
using Baton.Formats.BzImage;
using Baton.Linux.Files;
using Baton.Reports;

namespace Baton.Cli.Commands;

/// <summary>
/// <c>baton inspect --extract</c>: unpacks the kernel inside a kernel. The output appears under its name when it is
/// whole, and not before.
/// </summary>
internal static class Extraction
{
    internal static int Run(string file, string output, bool force, CommandEnvironment environment)
    {
        if (!force && Path.Exists(output))
        {
            throw AlreadyThere(output, null);
        }

        using FileSource source = FileSource.Open(file);
        Codecs codecs = new();
        KernelImage kernel = KernelImages.Open(source, codecs);
        BzImagePayload payload = kernel.Payload ?? throw new CommandException(
            ExitCode.DataError, $"{file}: a kernel of format {kernel.Format} without a payload: nothing to extract");
        string temporary = $"{output}.{Path.GetRandomFileName()}.partial";
        using FileStream stream = Create(temporary);
        try
        {
            payload.Extract(stream, codecs);
            stream.Flush(flushToDisk: true);
            Publish(temporary, output, force);
        }
        finally
        {
            // After the rename there is nothing under this name.
            File.Delete(temporary);
        }

        environment.Error.WriteLine($"baton: {output}: {Sizes.Of(payload.UnpackedSize)}");
        return ExitCode.Ok;
    }

    private static FileStream Create(string path)
    {
        try
        {
            return new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.CannotCreate, $"{path}: cannot be written: {e.Message}", e);
        }
    }

    private static void Publish(string temporary, string output, bool force)
    {
        try
        {
            File.Move(temporary, output, overwrite: force);
        }
        catch (IOException e) when (!force && Path.Exists(output))
        {
            throw AlreadyThere(output, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.CannotCreate, $"{output}: cannot be written: {e.Message}", e);
        }
    }

    private static CommandException AlreadyThere(string output, Exception? cause) =>
        new(ExitCode.CannotCreate, $"{output}: is there already; --force replaces it", cause);
}
