using Baton.Cli.Commands;
using Baton.Cli.Init;
using Baton.Formats;
using Baton.Handoffs;
using Baton.Lab;
using Baton.Linux.Files;
using Baton.Machines;

namespace Baton.Cli;

/// <summary>What a rehearsal puts into its machine: this program as <c>/init</c>, the next kernel, its initrds.</summary>
internal sealed class RehearsalFiles : IDisposable
{
    private const string Kernel = "next/kernel";

    private readonly List<FileSource> _open = [];

    /// <summary>The initramfs of the kernel that hands over.</summary>
    public Initramfs Initramfs { get; } = new();

    /// <summary>Sum of the lengths of all files, in bytes.</summary>
    public long Length => _open.Sum(file => file.Length);

    /// <summary>Opens the files.</summary>
    /// <param name="request">The handoff.</param>
    /// <param name="commandLine">The command line of a Linux kernel; null for FreeBSD's.</param>
    /// <param name="hasWitness">Whether it gets an initrd that says what the next kernel sees.</param>
    /// <param name="isProved">Whether the handoff is proved before it is loaded.</param>
    /// <param name="tell">Tells the user what was done for the rehearsal alone.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CommandException">This program is not the static one.</exception>
    public static RehearsalFiles Open(
        HandoffRequest request, string? commandLine, bool hasWitness, bool isProved, Action<IEnumerable<Finding>> tell)
    {
        RehearsalFiles files = new();
        try
        {
            files.Fill(request, commandLine, hasWitness, isProved, tell);
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    public void Dispose() => _open.ForEach(file => file.Dispose());

    /// <summary>Whether the next kernel has no initrd of its own, neither from the user nor in its image.</summary>
    public static bool NeedsWitness(HandoffRequest request, KernelImage image) =>
        request.Initrds.Count == 0 && image.Uki?.Initrd is not { Length: > 0 };

    private void Fill(
        HandoffRequest request, string? commandLine, bool hasWitness, bool isProved, Action<IEnumerable<Finding>> tell)
    {
        FileSource self = Program();
        Initramfs.Add("init", self);
        List<string> arguments =
        [
            .. commandLine is null
                ? FreeBsdRehearsal.Arguments(request, (path, file) => Initramfs.Add(path, Source(file)), tell)
                : LinuxArguments(request, commandLine, hasWitness, self),
        ];
        if (request.Ramdisk is { } disk)
        {
            Initramfs.Add("next/ramdisk", Source(disk));
            arguments.AddRange("--ramdisk", "/next/ramdisk");
        }

        foreach ((string name, Memory.PhysicalAddress address) in request.Places)
        {
            arguments.AddRange("--place", $"{name}=0x{address.Value:x}");
        }

        if (request.Carrier is { } carrier)
        {
            arguments.AddRange("--carrier", CarrierChoice.NameOf(carrier).Replace('_', '-'));
        }

        if (arguments.Find(argument => argument.Length == 0 || argument.Contains('\n', StringComparison.Ordinal)) is { } wrong)
        {
            throw new CommandException(
                ExitCode.Usage, $"\"{wrong}\" cannot be rehearsed: every argument must be one line, and not empty");
        }

        Initramfs.Add(
            InitCommands.File,
            InitCommands.Write([["plan", .. arguments], .. Departure(request, isProved, arguments)]));
    }

    /// <summary>What is gathered is loaded by the process that jumps.</summary>
    private static List<string[]> Departure(HandoffRequest request, bool isProved, IReadOnlyList<string> arguments)
    {
        string[] proof = isProved ? [] : [ProofOption.None];
        string[] pin = request.Pin is { } method ? ["--pin", PinOption.NameOf(method)] : [];
        return request.Carrier == Carrier.Gather
            ? [["run", .. arguments, .. proof, .. pin, "--now"]]
            : [["load", .. arguments, .. proof], ["exec", "--now"]];
    }

    private List<string> LinuxArguments(HandoffRequest request, string commandLine, bool hasWitness, FileSource self)
    {
        Initramfs.Add(Kernel, Source(request.Kernel));
        List<string> arguments = ["/" + Kernel];
        for (int i = 0; i < request.Initrds.Count; i++)
        {
            Initramfs.Add($"next/initrd.{i}", Source(request.Initrds[i]));
            arguments.AddRange("--initrd", $"/next/initrd.{i}");
        }

        if (hasWitness)
        {
            byte[] witness = new Initramfs()
                .Add("init", self)
                .Add(InitCommands.File, InitCommands.Write([[WitnessCommand.Name]]))
                .ToArray();
            Initramfs.Add("next/witness", witness);
            arguments.AddRange("--initrd", "/next/witness");
        }

        arguments.AddRange("--command-line", commandLine);
        return arguments;
    }

    /// <summary>This program's own file.</summary>
    private FileSource Program()
    {
        // Only the static binary runs where there is nothing else; a program on a runtime is started by another one.
        if (System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported
            || Environment.ProcessPath is not { } path)
        {
            throw new CommandException(
                ExitCode.Unavailable,
                "rehearse puts this program into the virtual machine: use the static binary, artifacts/baton");
        }

        return Source(path);
    }

    private FileSource Source(string path)
    {
        FileSource file = FileSource.Open(path);
        _open.Add(file);
        return file;
    }
}
