using System.CommandLine;
using Baton.Linux;
using Baton.Linux.Files;
using Baton.Machines;

namespace Baton.Cli;

/// <summary>The option <c>--machine</c>, and the machine it names.</summary>
internal static class MachineOption
{
    /// <summary>Makes the option; each command that needs a machine has one.</summary>
    public static Option<string?> Create() => new("--machine")
    {
        Description = "A machine record (tar, tar.gz or directory) in place of the running system",
        HelpName = "FILE|DIR",
    };

    /// <summary>Reads a machine: the live one when <paramref name="path"/> is null.</summary>
    /// <exception cref="Bytes.ImageFormatException">A file of the machine is malformed.</exception>
    /// <exception cref="IOException">The record cannot be read.</exception>
    public static Machine Load(string? path)
    {
        if (path is null)
        {
            return LiveMachine.Read();
        }

        if (Directory.Exists(path))
        {
            return MachineReader.Read(new DirectoryFileTree(path));
        }

        using FileStream file = File.OpenRead(path);
        return MachineReader.Read(TarFileTree.Read(file, path));
    }
}
