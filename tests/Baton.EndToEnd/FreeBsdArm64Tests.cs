using System.Buffers.Binary;
using System.Text;
using Baton.Bytes;
using Baton.Cli;
using Baton.Formats.DeviceTrees;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;
using Baton.Lab;
using Baton.Machines;
using Baton.Memory;
using Baton.Probe;
using Baton.Protocols.FreeBsd;
using Baton.Tests.Cli;

namespace Baton.EndToEnd;

/// <summary>
/// A handover on arm64 to a probe that behaves as FreeBSD's early code does, planned and packed here, carried out by the
/// packed program in a Debian Linux: what processor and memory really are at _start, and every record of the chain.
/// </summary>
public sealed class FreeBsdArm64Tests : IDisposable
{
    private const string LoaderConf = """
        second_load="YES"
        mfsroot_load="YES"
        mfsroot_type="md_image"
        mfsroot_name="/boot/mfsroot"
        boot_serial="YES"
        vfs.root.mountfrom="ufs:/dev/md0"
        probe.words="two words"

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("baton-freebsd-arm64-").FullName;
    private readonly byte[] _ramdisk = new byte[1_000_001];
    private readonly byte[] _kernel = FreeBsdArm64ProbeKernel.Build();
    private readonly Dictionary<string, byte[]> _modules = new()
    {
        ["first.ko"] = FreeBsdBoot.Module("first", null, isArm64: true),
        ["second.ko"] = FreeBsdBoot.Module("second", "first", isArm64: true),
    };

    public FreeBsdArm64Tests()
    {
        new Random(2).NextBytes(_ramdisk);
        Write("kernel/kernel", _kernel);
        Write("modules/first.ko", _modules["first.ko"]);
        Write("modules/second.ko", _modules["second.ko"]);
        Write("mfsroot", _ramdisk);
        Write("loader.conf", Encoding.ASCII.GetBytes(LoaderConf));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void From_EL1_a_kernel_finds_all_that_was_named() => Run(
        startsAtEl2: false,
        "cortex-a57",
        1024,
        gicVersion: 2,
        [
            Boot("kernel/kernel"), "--module", Boot("modules/second.ko"), "--module", Boot("modules/first.ko"),
            "--module", $"{Boot("mfsroot")}:md_image", "--env", "vfs.root.mountfrom=ufs:/dev/md0",
            "--env", "probe.words=two words", "--env", "boot_serial=YES", "--boot-flags", "-sv",
        ]);

    [Fact]
    public void From_EL2_with_VHE_a_kernel_finds_all_that_a_root_loads() => Run(
        startsAtEl2: true,
        "max",
        3072,
        gicVersion: 3,
        ["--freebsd", Path.Join(_folder, "root"), "--boot-flags", "-v", "--env", "boot_single=YES"]);

    private void Run(bool startsAtEl2, string processorModel, int memoryMiB, int gicVersion, string[] options)
    {
        Arm64Witness before = new(Arm64Boot.Run(
            Arm64Boot.WithWitness(_folder), startsAtEl2, memoryMiB, processorModel, gicVersion));
        string record = Path.Join(_folder, "record");
        Machine machine = before.Save(record);
        string program = Path.Join(_folder, "handoff");
        Pack([.. options, "--machine", record, "-o", program]);

        FreeBsdProbeOutput probe = FreeBsdProbeOutput.Parse(Arm64Boot.Run(
            new Initramfs(hasConsole: false).AddHostFile("init", program), startsAtEl2, memoryMiB, processorModel, gicVersion)
            .Select(line => line.Text));
        Assert.Empty(probe.Broken);
        Assert.True(probe.IsComplete, "the probe did not come to its end");
        Assert.Equal(startsAtEl2 ? 8UL : 4UL, probe["level"]);
        CheckKernel(probe);
        CheckChain(probe, hasRoot: options[0] == "--freebsd");
        CheckMachine(probe, machine, before);
    }

    private static void Pack(string[] options)
    {
        (int status, string output, string error) = Invocation.Run(["pack", .. options]);
        Assert.True(status == ExitCode.Ok, $"status {status}: {error}");
        Assert.Matches(@"Proof: (\d+) of \1 clauses hold", output);
    }

    /// <summary>Headers, text and data as the file has them, zeros between the segments; the symbols.</summary>
    private void CheckKernel(FreeBsdProbeOutput probe)
    {
        FreeBsdKernelFile kernel = FreeBsdKernelFile.Open(ElfFile.Open(new ArraySource(_kernel, "kernel")));
        byte[] image = new byte[probe["kernel_length"]];
        foreach (ElfSegment load in kernel.Loads)
        {
            int start = (int)(load.VirtualAddress - kernel.Start);
            kernel.Elf.Source.Read(load.Offset, image.AsSpan(start, (int)load.FileSize));
        }

        Assert.Equal(ProbeChecksum.Of(image), probe["kernel_checksum"]);
        Assert.Equal(kernel.Elf.Entry - FreeBsdKernelFile.KernBaseArm64, probe["start"] - probe["kernphys"]);
        Assert.Equal(
            new[] { kernel.Symbols!.Table, kernel.Symbols.Names }
                .SelectMany(section => (ulong[])[section.Size, ProbeChecksum.Of(Section(kernel.Elf, section))]),
            probe.Symbols);
    }

    private void CheckChain(FreeBsdProbeOutput probe, bool hasRoot)
    {
        Assert.Equal(
            [("kernel", "elf kernel"), ("first.ko", "elf module"), ("mfsroot", "md_image"), ("second.ko", "elf module")],
            Names(probe).Zip(Texts(probe, ModInfo.Type)).OrderBy(file => file.First != "kernel").ThenBy(file => file.First));
        foreach ((string name, FreeBsdProbeFile file) in Names(probe).Zip(probe.Files))
        {
            if (name == "mfsroot")
            {
                Assert.Equal((ulong)_ramdisk.Length, file.Size);
                Assert.Equal(ProbeChecksum.Of(_ramdisk), file.Checksum);
            }
            else if (_modules.TryGetValue(name, out byte[]? module))
            {
                CheckModule(ElfFile.Open(new ArraySource(module, name)), file);
            }
        }

        // Serial, single, verbose, by flags and variables.
        Assert.Equal(0x1802U, BinaryPrimitives.ReadUInt32LittleEndian(Record(probe, ModInfo.Howto)));
        Assert.Equal(probe["kernend"], BinaryPrimitives.ReadUInt64LittleEndian(Record(probe, ModInfo.KernEnd)));
        Assert.Equal(
            [
                "kernelname=/boot/kernel/kernel", .. hasRoot ? ["module_path=/boot/kernel;/boot/modules"] : (string[])[],
                "probe.words=two words", "vfs.root.mountfrom=ufs:/dev/md0",
            ],
            probe.Environment.Where(line => !line.StartsWith("boot_", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    /// <summary>The load segments, zeros between them and for the bss, then the symbols.</summary>
    private static void CheckModule(ElfFile module, FreeBsdProbeFile found)
    {
        byte[] image = new byte[found.Size];
        ulong end = 0;
        foreach (ElfSegment load in module.LoadSegments)
        {
            module.Source.Read(load.Offset, image.AsSpan((int)load.VirtualAddress, (int)load.FileSize));
            end = Math.Max(end, load.VirtualAddress + load.MemorySize);
        }

        int at = (int)((end + 7) & ~7UL);
        ElfSection symbols = module.Sections.First(section => section.Type == ElfSection.SymbolTable);
        foreach (ElfSection section in new[] { symbols, module.Sections[(int)symbols.Link] })
        {
            BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(at), section.Size);
            Section(module, section).CopyTo(image, at + 8);
            at = (at + 8 + (int)section.Size + 7) & ~7;
        }

        Assert.Equal((ulong)at, found.Size);
        Assert.Equal(ProbeChecksum.Of(image), found.Checksum);
    }

    private static void CheckMachine(FreeBsdProbeOutput probe, Machine machine, Arm64Witness before)
    {
        Assert.Equal(machine.SystemRam.Select(range => range.ToString()), probe.Memory.Select(range => range.ToString()));
        DeviceTree running = DeviceTree.Parse(before.Bytes("/sys/firmware/fdt"), "running");
        DeviceTree found = DeviceTree.Parse(probe.Tree!, "found");
        Assert.Equal(Nodes(running), Nodes(found));
        Assert.Null(found.Root.Child("chosen")!.Property("bootargs"));
        Assert.NotNull(found.Root.Child("chosen")!.Property("stdout-path"));
    }

    private static IEnumerable<string> Nodes(DeviceTree tree) => tree.Root.Subtree()
        .Where(node => node.Path != "/chosen")
        .SelectMany(node => node.Properties.Select(
            property => $"{node.Path}/{property.Name} {Convert.ToHexString(property.Value.Span)}"));

    private static byte[] Record(FreeBsdProbeOutput probe, uint type) =>
        probe.Records.First(record => record.Type == type).Payload;

    private static IEnumerable<string> Names(FreeBsdProbeOutput probe) =>
        Texts(probe, ModInfo.Name).Select(name => Path.GetFileName(name));

    private static IEnumerable<string> Texts(FreeBsdProbeOutput probe, uint type) => probe.Records
        .Where(record => record.Type == type).Select(record => Encoding.UTF8.GetString(record.Payload).TrimEnd('\0'));

    private static byte[] Section(ElfFile elf, ElfSection section)
    {
        byte[] bytes = new byte[section.Size];
        elf.Source.Read((long)section.Offset, bytes);
        return bytes;
    }

    private string Boot(string name) => Path.Join(_folder, "root/boot", name);

    private void Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Boot(name))!);
        File.WriteAllBytes(Boot(name), bytes);
    }
}
