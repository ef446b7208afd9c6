using System.CommandLine;
using Baton.Bytes;
using Baton.Linux;
using Baton.Linux.Files;
using Baton.Machines;

namespace Baton.Cli;

/// <summary>The option <c>--machine</c>, and the machine it names.</summary>
internal static class MachineOption
{
    /// <summary>Makes the option; each command that needs a machine has one.</summary>
    public static Option<string?> Create() => new Option<string?>("--machine")
    {
        Description = "A machine record (tar, tar.gz or directory) in place of the running system",
        HelpName = "FILE|DIR",
    }.RefuseEmpty();

    /// <summary>Reads a machine: the live one when <paramref name="path"/> is null.</summary>
    /// <exception cref="Bytes.ImageFormatException">A file of the machine is malformed.</exception>
    /// <exception cref="IOException">The record cannot be read.</exception>
    public static Machine Load(string? path) =>
        path is null ? LiveMachine.Read() : MachineReader.Read(Open(path));

    /// <summary>Opens the files of a machine: the live one's when <paramref name="path"/> is null.</summary>
    /// <exception cref="Bytes.ImageFormatException">The archive is damaged.</exception>
    /// <exception cref="IOException">The record cannot be read.</exception>
    public static IFileTree Open(string? path)
    {
        if (path is null || Directory.Exists(path))
        {
            return new SystemFileTree(path ?? "/");
        }

        if (!Path.Exists(path))
        {
            throw new FileNotFoundException($"{path}: no such machine record");
        }

        using FileSource file = FileSource.Open(path);
        using SourceStream stream = new(file);
        return TarFileTree.Read(stream, path);
    }
}
