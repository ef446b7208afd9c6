using System.Text;
using Baton.Bytes;
using Baton.Formats.Arm64Image;
using Baton.Formats.DeviceTrees;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Protocols.LinuxArm64;
using Baton.Tests.Formats;

namespace Baton.Tests.Protocols;

/// <summary>Made-up arm64 machines, read from files like any other, and a kernel for them.</summary>
internal static class Arm64Machines
{
    public const ulong RamStart = 0x4000_0000;

    /// <summary>Two banks of memory, the running kernel's parts, and what is set aside in them.</summary>
    public const string IoMem = """
        09000000-09000fff : pl011@9000000
        40000000-bfffffff : System RAM
          40210000-41ffffff : Kernel code
          42000000-421fffff : reserved
          42200000-425fffff : Kernel data
          48000000-481fffff : reserved
          bd000000-bfffffff : reserved
        880000000-8bfffffff : System RAM
          8bff00000-8bfffffff : reserved

        """;

    /// <summary>The running kernel's initrd, which only that kernel needs.</summary>
    public static PhysicalRange OldInitrd { get; } = new(new PhysicalAddress(0x4800_0000), 0x12_3456);

    /// <summary>Ranges that the tree reserves, and /proc/iomem does not show.</summary>
    public static IReadOnlyList<PhysicalRange> Reserved { get; } =
    [
        new(new PhysicalAddress(0x4f00_0000), 0x1_0000),
        new(new PhysicalAddress(0xa000_0000), 0x100_0000),
        new(new PhysicalAddress(0xb000_0000), 0x10_0000),
    ];

    /// <summary>A tree with all that a boot loader and an earlier kexec may have left in it.</summary>
    public static DeviceTree Tree(bool isUefi = false)
    {
        DeviceTree tree = DeviceTree.Create("made up");
        DeviceNode root = tree.Root;
        root.SetCells("#address-cells", 2);
        root.SetCells("#size-cells", 2);
        root.SetStrings("compatible", "linux,dummy-virt");
        DeviceNode chosen = root.Add("chosen");
        chosen.SetStrings("stdout-path", "/pl011@9000000");
        chosen.SetStrings("bootargs", "console=ttyAMA0 root=/dev/old");
        chosen.SetCells("linux,initrd-start", (uint)OldInitrd.Start.Value);
        chosen.SetU64("linux,initrd-end", OldInitrd.End.Value);
        chosen.SetU64("kaslr-seed", 0);
        chosen.Set("rng-seed", new byte[48]);
        chosen.SetCells("linux,usable-memory-range", 0, 0x4000_0000, 0, 0x1000_0000);
        chosen.SetCells("linux,elfcorehdr", 0, 0x4ff0_0000, 0, 0x1000);
        DeviceNode cpus = root.Add("cpus");
        cpus.SetCells("#address-cells", 1);
        cpus.SetCells("#size-cells", 0);
        DeviceNode cpu = cpus.Add("cpu@0");
        cpu.SetStrings("device_type", "cpu");
        cpu.SetCells("reg", 0);
        DeviceNode uart = root.Add("pl011@9000000");
        uart.SetStrings("compatible", "arm,pl011", "arm,primecell");
        uart.SetReg("reg", new DeviceRange(0x900_0000, 0x1000));
        DeviceNode reserved = root.Add("reserved-memory");
        reserved.SetCells("#address-cells", 2);
        reserved.SetCells("#size-cells", 2);
        reserved.SetEmpty("ranges");
        DeviceNode cma = reserved.Add("linux,cma@a0000000");
        cma.SetReg("reg", new DeviceRange(0xa000_0000, 0x100_0000));
        cma.SetEmpty("reusable");
        DeviceNode secure = reserved.Add("optee@b0000000");
        secure.SetReg("reg", new DeviceRange(0xb000_0000, 0x10_0000));
        secure.SetEmpty("no-map");
        reserved.Add("pool").SetCells("size", 0, 0x10_0000);
        if (isUefi)
        {
            chosen.SetU64("linux,uefi-system-table", 0xbfe0_0018);
            chosen.SetU64("linux,uefi-mmap-start", 0x6000_1000);
            chosen.SetCells("linux,uefi-mmap-size", 0x1230);
            chosen.SetCells("linux,uefi-mmap-desc-size", 0x30);
            chosen.SetCells("linux,uefi-mmap-desc-ver", 1);
        }
        else
        {
            Memory(root, 0x4000_0000, 0x8000_0000);
            Memory(root, 0x8_8000_0000, 0x4000_0000);
        }

        tree.Reservations.Add(OldInitrd);
        tree.Reservations.Add(Reserved[0]);
        return tree;
    }

    /// <summary>The machine's files.</summary>
    public static Dictionary<string, byte[]> Files(DeviceTree? tree, string ioMem = IoMem)
    {
        Dictionary<string, byte[]> files = new Dictionary<string, string>
        {
            ["proc/cpuinfo"] = "processor\t: 0\nBogoMIPS\t: 125.00\nCPU implementer\t: 0x41\nCPU architecture: 8\n",
            ["proc/meminfo"] = "MemTotal:        3000000 kB\nMemFree:        2800000 kB\nMemAvailable:   2800000 kB\n",
            ["proc/iomem"] = ioMem,
            ["proc/sys/kernel/arch"] = "aarch64\n",
            ["proc/sys/kernel/osrelease"] = "6.1.0-arm64\n",
            ["proc/version"] = "Linux version 6.1.0-arm64\n",
            ["proc/cmdline"] = "console=ttyAMA0 root=/dev/old\n",
            ["proc/self/status"] = "Name:\tcat\nCapEff:\t000001ffffffffff\n",
            ["boot/config-6.1.0-arm64"] = "CONFIG_KEXEC=y\nCONFIG_KEXEC_FILE=y\n",
            ["sys/kernel/kexec_loaded"] = "0\n",
            ["sys/kernel/security/lockdown"] = "[none] integrity confidentiality\n",
        }.ToDictionary(file => file.Key, file => Encoding.UTF8.GetBytes(file.Value));
        if (tree is not null)
        {
            files[RunningDeviceTree.Path] = tree.ToFreshArray(freeSpace: 0x1000);
        }

        return files;
    }

    /// <summary>Reads a machine from its files.</summary>
    public static Machine Read(DeviceTree? tree, string ioMem = IoMem) => Read(Files(tree, ioMem));

    /// <summary>Reads a machine whose kernel was given a blob.</summary>
    public static Machine ReadBlob(byte[] blob)
    {
        Dictionary<string, byte[]> files = Files(tree: null);
        files[RunningDeviceTree.Path] = blob;
        return Read(files);
    }

    private static Machine Read(Dictionary<string, byte[]> files) => MachineReader.Read(new MemoryFileTree(
        "test", files.ToDictionary(file => file.Key, file => new TreeFile(TreeFileState.Present, file.Value))));

    /// <summary>A kernel of 64 KiB that takes 2 MiB.</summary>
    public static LinuxArm64Kernel Kernel(ulong textOffset = 0, ulong flags = 0xa)
    {
        byte[] image = TestImages.Arm64Image(flags);
        Arm64ImageFields.TextOffset.Write(image, textOffset);
        return LinuxArm64Kernel.From(Arm64ImageFile.Open(new ArraySource(image, "Image")));
    }

    public static LinuxArm64Request Request(Machine machine, LinuxArm64Kernel? kernel = null, int initrd = 0x5432) => new()
    {
        Kernel = kernel ?? Kernel(),
        Initrd = initrd == 0 ? null : SegmentContent.OfBytes(TestImages.Sample(initrd), "initrd"),
        CommandLine = "console=ttyAMA0 root=/dev/new",
        Machine = machine,
        KaslrSeed = Enumerable.Range(0x51, 8).Select(i => (byte)i).ToArray(),
        RngSeed = Enumerable.Range(0x71, 32).Select(i => (byte)i).ToArray(),
    };

    private static void Memory(DeviceNode root, ulong start, ulong length)
    {
        DeviceNode memory = root.Add($"memory@{start:x}");
        memory.SetStrings("device_type", "memory");
        memory.SetReg("reg", new DeviceRange(start, length));
    }
}
