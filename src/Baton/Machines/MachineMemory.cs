using Baton.Bytes;
using Baton.Formats.DeviceTrees;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Machines;

/// <summary>
/// The two views of a machine's memory and what both agree on. The firmware's view is the truth for the next kernel's
/// map, the running kernel's the truth for what may be written now.
/// </summary>
/// <param name="Firmware">What the next kernel is to be told.</param>
/// <param name="Running">What the running kernel says; empty when it does not.</param>
/// <param name="IsX86">Whether the memory below 1 MiB is a PC's.</param>
internal sealed record MachineMemory(MemoryMap Firmware, MemoryMap Running, bool IsX86)
{
    private const ulong PageSize = 4096;
    private const string IoMemPath = "proc/iomem";

    /// <summary>Page 0 holds the real-mode interrupt table and BIOS data; Linux itself never uses it.</summary>
    private static readonly PhysicalRange FirstPage = Pages(0, 0x1000);

    /// <summary>EBDA, video memory and ROMs.</summary>
    private static readonly PhysicalRange BelowOneMiB = Pages(0x9f000, 0x100000);

    /// <summary>The System RAM of /proc/iomem, whatever lies in it.</summary>
    public RangeSet SystemRam { get; private init; } = RangeSet.Empty;

    /// <summary>Reads both views.</summary>
    /// <exception cref="ImageFormatException">A file is malformed.</exception>
    public static MachineMemory Read(
        IFileTree tree,
        Architecture architecture,
        RunningBootParams? bootParams,
        DeviceTree? deviceTree,
        List<Finding> findings)
    {
        bool isX86 = architecture is Architecture.X64 or Architecture.X86;
        IoMem? iomem = ReadIoMem(tree, findings);
        MemoryMap running = iomem?.Memory() ?? MemoryMap.Empty;
        MemoryMap told = iomem?.MemoryWithoutUses() ?? MemoryMap.Empty;
        MemoryMap firmware = isX86 ? FirmwareX86(tree, bootParams, told, findings)
            : deviceTree is not null ? RunningDeviceTree.Memory(deviceTree, told, findings)
            : told;
        if (isX86 && iomem is not null)
        {
            firmware = Withdraw(firmware, iomem);
        }

        return new MachineMemory(firmware.Coalesce(), running.Coalesce(), isX86)
        {
            SystemRam = iomem?.SystemRam() ?? RangeSet.Empty,
        };
    }

    /// <summary>Whole pages that a segment may be put into.</summary>
    public RangeSet Usable(EfiFirmware? efi, Framebuffer? framebuffer)
    {
        RangeSet forbidden = RangeSet.Of(efi is null ? [] : efi.RuntimeMap.Select(entry => entry.Range));
        if (framebuffer is not null)
        {
            forbidden = forbidden.Union([framebuffer.Range]);
        }

        if (IsX86)
        {
            forbidden = forbidden.Union([FirstPage, BelowOneMiB]);
        }

        return Running.Ram.Intersect(Firmware.Ram).Subtract(forbidden.GrowTo(PageSize)).ShrinkTo(PageSize);
    }

    private static IoMem? ReadIoMem(IFileTree tree, List<Finding> findings)
    {
        TreeFile file = tree.Read(IoMemPath);
        string name = TextFile.Of(tree, IoMemPath, file).Name;
        string? problem = file.State switch
        {
            TreeFileState.Absent => "is missing",
            TreeFileState.Denied => "may not be read",
            _ => null,
        };
        if (problem is null)
        {
            IoMem iomem = IoMem.Parse(file.Bytes, name);
            if (!iomem.AddressesHidden)
            {
                return iomem;
            }

            problem = "shows zeros in place of addresses";
        }

        findings.Add(new Finding(
            Severity.Error,
            MachineReader.NoRunningMemory,
            $"{name} {problem}, so no memory is known to be free for the next kernel: run as root, or give --machine "
                + "with a record that root has made"));
        return null;
    }

    private static MemoryMap FirmwareX86(
        IFileTree tree, RunningBootParams? bootParams, MemoryMap iomem, List<Finding> findings)
    {
        IReadOnlyList<MemoryRegion> regions = FirmwareMemmap.Read(tree, findings);
        if (regions.Count > 0)
        {
            return MemoryMap.Of(regions);
        }

        const string Missing = "/sys/firmware/memmap is missing (CONFIG_FIRMWARE_MEMMAP): the firmware's memory map is "
            + "taken from ";
        if (bootParams is { E820.Count: > 0 })
        {
            findings.Add(new Finding(
                Severity.Note, "firmware-memory-fallback", Missing + "the running kernel's boot_params and their setup_data"));
            return MemoryMap.Of([.. bootParams.E820, .. RunningSetupData.ReadE820(tree)]);
        }

        if (iomem.Count > 0)
        {
            findings.Add(new Finding(
                Severity.Warning,
                "firmware-memory-fallback",
                Missing + "/proc/iomem, which has no memory that mem= or memmap= took away"));
            return iomem;
        }

        findings.Add(new Finding(
            Severity.Error,
            "no-firmware-memory",
            "nothing tells the firmware's memory map: neither /sys/firmware/memmap nor /sys/kernel/boot_params/data "
                + "nor /proc/iomem"));
        return MemoryMap.Empty;
    }

    /// <summary>
    /// Memory that the firmware calls RAM and the running kernel has set aside for good (EFI's ESRT and MOK tables, a
    /// TPM's log, memmap=…$…) must survive in the next kernel as well. Below 1 MiB the next kernel sees to it itself.
    /// </summary>
    private static MemoryMap Withdraw(MemoryMap firmware, IoMem iomem)
    {
        RangeSet ram = firmware.Ram.Subtract([Pages(0, 0x100000)]);
        MemoryMap withdrawn = MemoryMap.Empty.Overlay(iomem.Withdrawn());
        return firmware.Overlay(withdrawn.SelectMany(
            region => ram.Clip(region.Range).Select(range => region with { Range = range })));
    }

    private static PhysicalRange Pages(ulong start, ulong end) =>
        PhysicalRange.Between(new PhysicalAddress(start), new PhysicalAddress(end));
}
