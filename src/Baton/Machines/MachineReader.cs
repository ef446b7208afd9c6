using Baton.Bytes;
using Baton.Formats.DeviceTrees;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Machines;

/// <summary>Reads a machine from its files: the live system's, a directory's or a record's.</summary>
public static class MachineReader
{
    /// <summary>The finding that says why no memory is usable; planning for such a machine fails with it.</summary>
    public const string NoRunningMemory = "no-running-memory";

    /// <summary>Reads everything.</summary>
    /// <param name="files">The machine's files.</param>
    /// <param name="options">What only the live system can add.</param>
    /// <remarks>
    /// Where /proc/iomem is missing, denied or shows zeros only, the machine is read all the same, with
    /// <see cref="Machine.Usable"/> empty and an error finding <see cref="NoRunningMemory"/> that says what to do.
    /// </remarks>
    /// <exception cref="ImageFormatException">A file is malformed, or the architecture cannot be told.</exception>
    public static Machine Read(IFileTree files, MachineReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(files);
        IFileTree tree = RecordTree.Open(files);
        List<Finding> findings = [];
        CpuInfo processor = ReadText(tree, "proc/cpuinfo", CpuInfo.Parse) ?? CpuInfo.Empty;
        Architecture architecture = ArchitectureOf(tree, processor);
        TreeFile bootParamsFile = tree.Read("sys/kernel/boot_params/data");
        RunningBootParams? bootParams = ReadText(tree, "sys/kernel/boot_params/data", RunningBootParams.Parse);
        EfiSystab systab = ReadText(tree, $"{EfiReader.Directory}/systab", EfiSystab.Parse) ?? EfiSystab.Empty;
        DeviceTree? deviceTree = RunningDeviceTree.Read(tree);
        EfiFirmware? efi = EfiReader.Read(tree, bootParams, systab);
        if (architecture == Architecture.Arm64 && (efi is not null || RunningDeviceTree.SystemTable(deviceTree) is not null))
        {
            efi = (efi ?? new EfiFirmware { PlatformBits = 64, RuntimeMap = [] }) with
            {
                SystemTable = RunningDeviceTree.SystemTable(deviceTree),
                HiddenMap = RunningDeviceTree.MapPlace(deviceTree),
                CompleteMapProblem = "on arm64 it is read by the crossing alone",
            };
        }

        if (efi is not null && EfiMissing(tree, efi, architecture) is { } missing)
        {
            findings.Add(new Finding(
                Severity.Warning,
                "efi-incomplete",
                $"the next kernel will have no EFI runtime services because {missing}"));
        }

        Framebuffer? framebuffer = FramebufferReader.Read(tree, bootParams, findings);
        (PhysicalAddress? rsdp, string rsdpSource) = Rsdp(bootParams, systab);
        string release = tree.Read("proc/sys/kernel/osrelease").Line ?? "";
        RunningKernel kernel = new(
            release, tree.Read("proc/version").Line ?? "", tree.Read("proc/cmdline").Line ?? "");
        MachineMemory memory = MachineMemory.Read(tree, architecture, bootParams, deviceTree, findings);
        if (efi is not null && architecture == Architecture.X64)
        {
            efi = EfiMapReader.Read(efi, tree, bootParams?.EfiMap, memory.Firmware);
        }

        findings.AddRange(ArmedWatchdogs.Read(tree));
        KernelConfig? config = KernelConfig.Read(tree, release);
        SevAnswer? sev = SevAnswer.Read(tree);
        if (MemoryEncryption.WhyNotTold(processor, sev) is { } notTold)
        {
            findings.Add(notTold);
        }

        return new Machine
        {
            Source = tree.Name,
            Architecture = architecture,
            FirmwareMemory = memory.Firmware,
            RunningMemory = memory.Running,
            Usable = memory.Usable(efi, framebuffer),
            SystemRam = memory.SystemRam,
            Firmware = efi is not null || RunningDeviceTree.SystemTable(deviceTree) is not null ? FirmwareKind.Uefi
                : architecture == Architecture.Arm64 ? FirmwareKind.Unknown
                : FirmwareKind.Bios,
            Efi = efi,
            AcpiRsdp = rsdp,
            AcpiRsdpSource = rsdpSource,
            Framebuffer = framebuffer,
            BootParams = bootParamsFile.Bytes,
            Fdt = tree.Read(RunningDeviceTree.Path).Bytes,
            Processor = processor.Facts,
            MemoryEncryption = MemoryEncryption.Of(processor.Flags, kernel.CommandLine, config, sev),
            Kernel = kernel,
            Totals = Totals(tree, memory, findings),
            Kexec = KexecAbilityReader.Read(tree, config, bootParams, options?.Probe),
            FreePages = options?.FreePages,
            Findings = findings,
        };
    }

    private static T? ReadText<T>(IFileTree tree, string path, Func<ReadOnlyMemory<byte>, string, T> parse)
        where T : class
    {
        TreeFile file = tree.Read(path);
        return file.IsPresent ? parse(file.Bytes, TextFile.Of(tree, path, file).Name) : null;
    }

    private static Architecture ArchitectureOf(IFileTree tree, CpuInfo processor)
    {
        // The kernel's own word (since 6.1) before the processor's: a 32-bit kernel runs on 64-bit processors too.
        string? running = tree.Read("proc/sys/kernel/arch").Line;
        return running switch
        {
            "x86_64" => Architecture.X64,
            "aarch64" => Architecture.Arm64,
            "i386" or "i486" or "i586" or "i686" => Architecture.X86,
            not null => throw Unknown($"found {TextLine.Show(running)}, expected x86_64, aarch64 or i686"),
            null => processor.Architecture
                ?? throw Unknown("neither proc/sys/kernel/arch nor proc/cpuinfo tells: no machine record?"),
        };

        ImageFormatException Unknown(string problem) => new(
            running is null ? ImageError.Missing : ImageError.WrongArchitecture,
            new ImageLocation(tree.Name, 0, "architecture"),
            problem);
    }

    /// <summary>On arm64 the next kernel learns of UEFI from the device tree, and needs nothing else.</summary>
    private static string? EfiMissing(IFileTree tree, EfiFirmware efi, Architecture architecture) =>
        architecture != Architecture.Arm64 ? EfiReader.Missing(tree, efi, architecture)
        : efi.SystemTable is null
            ? $"{RunningDeviceTree.Path} has no {RunningDeviceTree.UefiSystemTable} in /chosen"
            : null;

    private static (PhysicalAddress? Rsdp, string Source) Rsdp(RunningBootParams? bootParams, EfiSystab systab)
    {
        if (bootParams?.AcpiRsdp is { } told)
        {
            return (told, "boot_params.acpi_rsdp_addr");
        }

        if (systab.Acpi20 is { } second)
        {
            return (second, EfiSystab.Source + "ACPI20");
        }

        return systab.Acpi is { } first ? (first, EfiSystab.Source + "ACPI") : (null, "");
    }

    private static MemoryTotals Totals(IFileTree tree, MachineMemory memory, List<Finding> findings)
    {
        TreeFile file = tree.Read("proc/meminfo");
        if (file.IsPresent)
        {
            return MemInfo.Parse(file.Bytes, TextFile.Of(tree, "proc/meminfo", file).Name);
        }

        ulong ram = memory.Running.Ram.Length;
        findings.Add(new Finding(
            Severity.Note, "no-meminfo", "proc/meminfo is missing: all of the memory is taken to be available"));
        return new MemoryTotals(ram, ram, ram);
    }
}
