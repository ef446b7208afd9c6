using System.Globalization;

namespace Baton.Lab;

/// <summary>
/// A virtual machine that boots a Linux kernel: QEMU's q35, or virt for arm64, emulated, so that it runs anywhere and as
/// any user. Its first serial port is the console.
/// </summary>
public sealed record VirtualMachine
{
    /// <summary>The program that is started for x86-64.</summary>
    public const string Program = "qemu-system-x86_64";

    /// <summary>The program that is started for arm64.</summary>
    public const string Arm64Program = "qemu-system-aarch64";

    /// <summary>UEFI's code and variables, and the package that has them.</summary>
    private static readonly (string Code, string Variables, string Package) Ovmf =
        ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd", "ovmf");

    private static readonly (string Code, string Variables, string Package) Aavmf =
        ("/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd", "qemu-efi-aarch64");

    /// <summary>A name that shows in the process list.</summary>
    public string Name { get; init; } = "baton-lab";

    /// <summary>Memory in MiB.</summary>
    public int MemoryMiB { get; init; } = 1024;

    /// <summary>Number of processors.</summary>
    public int Processors { get; init; } = 1;

    /// <summary>Number of NUMA nodes, over which the memory is spread evenly; all processors belong to the first.</summary>
    public int Nodes { get; init; } = 1;

    /// <summary>What processors it has; arm64 has no debug exit.</summary>
    public Architecture Architecture { get; init; } = Architecture.X64;

    /// <summary>Whether the kernel is started at EL2 instead of EL1; arm64 only.</summary>
    public bool StartsAtEl2 { get; init; }

    /// <summary>The version of the interrupt controller, 2 or 3; arm64 only.</summary>
    public int GicVersion { get; init; } = 2;

    /// <summary>Whether UEFI describes the hardware by ACPI, or by a device tree; arm64 only.</summary>
    public bool HasAcpi { get; init; } = true;

    /// <summary>QEMU's name of the processor, with features: <c>max</c>, <c>max,la57=off</c>.</summary>
    public string ProcessorModel { get; init; } = "max";

    /// <summary>What starts the kernel. Without UEFI, QEMU itself starts that of arm64, and gives it a device tree.</summary>
    public Firmware Firmware { get; init; } = Firmware.Bios;

    /// <summary>The kernel image that the firmware starts.</summary>
    public required string Kernel { get; init; }

    /// <summary>What the kernel unpacks; null for none.</summary>
    public Initramfs? Initramfs { get; init; }

    /// <summary>The kernel's command line.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>
    /// Whether there is a second serial port whose bytes are kept, <see cref="RunningMachine.ReadData"/>: /dev/ttyS1, and on
    /// arm64, where it is a PCI card, /dev/ttyS0.
    /// </summary>
    public bool HasDataPort { get; init; }

    /// <summary>Whether a write of <c>n</c> to I/O port 0xf4 ends the machine with status <c>2n + 1</c>.</summary>
    public bool HasDebugExit { get; init; }

    /// <summary>Disk images, attached as virtio disks and never changed.</summary>
    public IReadOnlyList<string> Drives { get; init; } = [];

    /// <summary>Where every byte of the console is copied as it arrives; null for nowhere.</summary>
    public Stream? ConsoleEcho { get; init; }

    /// <summary>Starts the machine. A reset of the guest ends it.</summary>
    /// <param name="limit">The longest life of the machine; then it is stopped.</param>
    /// <exception cref="LabException">QEMU or its firmware is not installed, or does not start.</exception>
    public RunningMachine Start(TimeSpan limit)
    {
        string program = FindProgram();
        string directory = Directory.CreateTempSubdirectory("baton-lab-").FullName;
        try
        {
            List<string> command = [program, .. Arguments(directory)];
            MachineFiles files = new(directory, HasDataPort ? OpenDataFile(directory) : null);
            return RunningMachine.Start(this, command, files, limit);
        }
        catch
        {
            Directory.Delete(directory, recursive: true);
            throw;
        }
    }

    private string FindProgram()
    {
        (string program, string package) = Architecture == Architecture.Arm64
            ? (Arm64Program, "qemu-system-arm")
            : (Program, "qemu-system-x86");
        string path = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin";
        return path.Split(':').Select(directory => Path.Join(directory, program)).FirstOrDefault(File.Exists)
            ?? throw new LabException($"{program} is not installed; on Debian it is in the package {package}");
    }

    private static string DataFile(string directory) => Path.Join(directory, "data");

    /// <summary>QEMU appends to the file that is open here, so that its bytes outlive the directory.</summary>
    private static FileStream OpenDataFile(string directory) => new(
        DataFile(directory), FileMode.Create, FileAccess.Read | FileAccess.Write, FileShare.ReadWrite);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A comma ends an option of QEMU; doubled it is one.</summary>
    private static string Quote(string value) => value.Replace(",", ",,", StringComparison.Ordinal);

    private string[] Model() => Architecture == Architecture.Arm64
        ? [
            "-machine",
            string.Create(CultureInfo.InvariantCulture, $"virt,gic-version={GicVersion}")
                + (StartsAtEl2 ? ",virtualization=on" : "") + (HasAcpi ? "" : ",acpi=off"),
        ]
        : ["-machine", "q35", "-vga", "std"];

    private List<string> Arguments(string directory)
    {
        if (Architecture == Architecture.Arm64 && HasDebugExit)
        {
            throw new LabException("a machine of arm64 has no debug exit");
        }

        List<string> arguments =
        [
            "-name", Quote(Name), "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            .. Model(), "-accel", "tcg", "-cpu", ProcessorModel,
            "-m", Number(MemoryMiB), "-smp", Number(Processors),
            "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
        ];
        for (int i = 0; i < Nodes && Nodes > 1; i++)
        {
            string processors = i == 0 ? $",cpus=0-{Number(Processors - 1)}" : "";
            arguments.AddRange(
                "-object", $"memory-backend-ram,id=node{Number(i)},size={Number(MemoryMiB / Nodes)}M",
                "-numa", $"node,nodeid={Number(i)},memdev=node{Number(i)}{processors}");
        }

        if (HasDataPort)
        {
            string[] port = Architecture == Architecture.Arm64
                ? ["-device", "pci-serial,chardev=data"]
                : ["-serial", "chardev:data"];
            arguments.AddRange(
                ["-chardev", $"file,id=data,append=on,path={Quote(DataFile(directory))}", .. port]);
        }

        if (Firmware == Firmware.Uefi)
        {
            (string code, string variables, string package) = Architecture == Architecture.Arm64 ? Aavmf : Ovmf;
            if (!File.Exists(code) || !File.Exists(variables))
            {
                throw new LabException($"{code} is not there; on Debian it is in the package {package}");
            }

            string copy = Path.Join(directory, "variables.fd");
            File.Copy(variables, copy);
            arguments.AddRange(
                "-drive", $"if=pflash,unit=0,format=raw,readonly=on,file={code}",
                "-drive", $"if=pflash,unit=1,format=raw,file={Quote(copy)}");
        }

        if (HasDebugExit)
        {
            arguments.AddRange("-device", "isa-debug-exit,iobase=0xf4,iosize=4");
        }

        foreach (string drive in Drives)
        {
            arguments.AddRange("-drive", $"if=virtio,format=raw,snapshot=on,file={Quote(drive)}");
        }

        arguments.AddRange("-kernel", Kernel, "-append", CommandLine);
        if (Initramfs is not null)
        {
            string file = Path.Join(directory, "initramfs");
            Initramfs.Save(file);
            arguments.AddRange("-initrd", Quote(file));
        }

        return arguments;
    }
}
