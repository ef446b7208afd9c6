using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Tests.Protocols;

/// <summary>Made-up machines, each as plain as can be, so that a test changes one thing.</summary>
internal static class TestMachines
{
    /// <summary>A BIOS machine with memory up to 2 GiB, and 4 GiB more above 4 GiB.</summary>
    public static Machine Bios(params MemoryRegion[] special)
    {
        MemoryMap map = MemoryMap.Of(
        [
            Region(0, 0x9fc00, MemoryKind.Ram),
            Region(0x9fc00, 0x10_0000, MemoryKind.Reserved),
            Region(0x10_0000, 0x8000_0000, MemoryKind.Ram),
            Region(0x1_0000_0000, 0x2_0000_0000, MemoryKind.Ram),
            .. special,
        ]);
        return new Machine
        {
            Source = "test",
            Architecture = Architecture.X64,
            FirmwareMemory = map,
            RunningMemory = map,
            Usable = map.Ram,
            Firmware = FirmwareKind.Bios,
            Processor = new ProcessorFacts { La57 = false, GigabytePages = true, PhysicalBits = 40, Model = "test" },
            Kernel = new RunningKernel("6.1.0-test", "Linux version 6.1.0-test", "root=/dev/vda"),
            Totals = new MemoryTotals(map.Ram.Length, map.Ram.Length, map.Ram.Length),
            Kexec = new KexecAbility(new KexecCall(true, []), new KexecCall(true, []), false, false),
            Findings = [],
        };
    }

    /// <summary>The same machine with UEFI.</summary>
    public static Machine Uefi()
    {
        PhysicalRange runtime = new(new PhysicalAddress(0x7f00_0000), 0x10_0000);
        Machine machine = Bios(new MemoryRegion(runtime, MemoryKind.Reserved, "test"));
        return machine with
        {
            Firmware = FirmwareKind.Uefi,
            AcpiRsdp = new PhysicalAddress(0x7f00_1000),
            Efi = new EfiFirmware
            {
                PlatformBits = 64,
                SystemTable = new PhysicalAddress(0x1_2345_6789_8000),
                Vendor = new PhysicalAddress(0x7f00_2000),
                Runtime = new PhysicalAddress(0x7f00_3000),
                ConfigurationTable = new PhysicalAddress(0x7f00_4000),
                Smbios = new PhysicalAddress(0x7f00_5000),
                RuntimeMap =
                [
                    RuntimeRegion(6, 0x7f08_0000, 0xffff_fffe_0008_0000),
                    RuntimeRegion(5, 0x7f00_0000, 0xffff_fffe_0000_0000),
                ],
            },
        };
    }

    private static EfiMemoryDescriptor RuntimeRegion(uint type, ulong start, ulong virtualStart) =>
        new(type, new PhysicalRange(new PhysicalAddress(start), 0x8_0000), virtualStart, 0x800f);

    public static MemoryRegion Region(ulong start, ulong end, MemoryKind kind) =>
        new(PhysicalRange.Between(new PhysicalAddress(start), new PhysicalAddress(end)), kind, "test");
}
