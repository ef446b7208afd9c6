using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;
using Baton.Memory;
using Baton.Probe;

namespace Baton.EndToEnd;

/// <summary>What came of a handover to the FreeBSD probe, and whether it is what was planned and what the files have.</summary>
/// <param name="Scenario">What Linux said before.</param>
/// <param name="Probe">What the probe found.</param>
/// <param name="Kernel">The kernel's file.</param>
/// <param name="Modules">The modules' files by name.</param>
internal sealed record FreeBsdBootResult(
    ScenarioResult Scenario, FreeBsdProbeOutput Probe, FreeBsdKernelFile Kernel, IReadOnlyDictionary<string, byte[]> Modules)
{
    public const uint Name = 1;
    public const uint Type = 2;
    public const uint Howto = 0x8007;
    public const uint SectionHeaders = 0x8009;
    public const uint FirmwareHandle = 0x800c;
    public const uint Smap = 0x9001;
    public const uint EfiMap = 0x9004;
    public const uint EfiFramebuffer = 0x9005;

    private const uint KernEnd = 0x8008;
    private const uint ModuleP = 0x9006;

    public Witness Before => Scenario.Witness("a");

    /// <summary>The first record of a type; null when there is none.</summary>
    public byte[]? Record(uint type) => Probe.Records.FirstOrDefault(record => record.Type == type)?.Payload;

    /// <summary>Everything that must hold for each handover.</summary>
    public void Check()
    {
        Assert.Empty(Probe.Broken);
        Assert.True(Probe.IsComplete, "the probe did not come to its end");
        CheckPlace();
        CheckKernel();
        CheckFiles();
        Assert.Equal(Probe["modulep"], Number(ModuleP));
        Assert.Equal(Probe["kernend"], Number(KernEnd));
        Assert.Equal(0x1802UL, Number(Howto)); // serial, verbose, single
        Assert.Contains("probe.words=two words", Probe.Environment);
        Assert.Contains("hint.uart.0.at=isa", Probe.Environment);
        Assert.Contains("vfs.root.mountfrom=ufs:/dev/md0", Probe.Environment);
        Assert.Contains("kernelname=/boot/kernel/kernel", Probe.Environment);

        // A kernel that cannot be moved lies over what OVMF keeps for sleep.
        if (Kernel.Relocatable || Record(Smap) is not null)
        {
            PhysicalRange taken = PhysicalRange.Between(
                new PhysicalAddress(Probe["kernphys"]), new PhysicalAddress(Probe["physfree"] + (16 << 20)));
            Assert.Contains(Probe.Memory, range => range.Contains(taken));
        }

        // Linux and FreeBSD take the same for memory; they are told in different ways.
        Assert.Equal(
            Before.Machine.FirmwareMemory.Ram.Where(range => range.Length > 0),
            Probe.Memory);
    }

    private ulong Number(uint type) => Record(type) switch
    {
        { Length: 4 } bytes => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        { Length: 8 } bytes => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        _ => throw new InvalidDataException($"no number in a record of type 0x{type:x}"),
    };

    private void CheckPlace()
    {
        using JsonDocument plan = JsonDocument.Parse(Scenario.Frames.Tried("plan").Output);
        Dictionary<string, PhysicalRange> segments = plan.RootElement.GetProperty("segments").EnumerateArray().ToDictionary(
            segment => segment.GetProperty("name").GetString()!,
            segment => PhysicalRange.Between(Address(segment, "start"), Address(segment, "end")));
        ulong staging = Probe["kernphys"] - 0x20_0000;
        Assert.Equal(segments["kernel"].Start.Value, Probe["kernphys"]);
        Assert.Equal(segments["metadata"].End.Value, staging + Probe["kernend"]);
        Assert.Equal(segments["metadata"].End.Value + (Kernel.Relocatable ? 0x20_0000UL : 0), Probe["physfree"]);
        Assert.True(segments["trampoline"].Contains(new PhysicalRange(new PhysicalAddress(Probe["rsp"]), 16)));
        Assert.True(segments["trampoline"].Contains(new PhysicalRange(new PhysicalAddress(Probe["cr3"]), 4096)));
        Assert.Equal(2UL, Probe["rflags"]);
        Assert.Equal(0x500UL, Probe["efer"] & ~0x801UL); // SCE and NXE may be set
        Assert.Equal(0x20UL, Probe["cr4"] & ~0x40UL);
    }

    private static PhysicalAddress Address(JsonElement segment, string name) => new(ulong.Parse(
        segment.GetProperty(name).GetString()!.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    /// <summary>Text and data as the file has them, zeros between the segments; the symbols.</summary>
    private void CheckKernel()
    {
        byte[] image = new byte[Probe["kernel_length"]];
        foreach (ElfSegment load in Kernel.Loads)
        {
            int start = (int)(load.VirtualAddress - Kernel.Start);
            int length = (int)Math.Clamp(image.Length - start, 0, load.FileSize);
            Kernel.Elf.Source.Read(load.Offset, image.AsSpan(Math.Min(start, image.Length), length));
        }

        Assert.Equal(ProbeChecksum.Of(image), Probe["kernel_checksum"]);
        Assert.Equal(
            new[] { Kernel.Symbols!.Table, Kernel.Symbols.Names }
                .SelectMany(section => (ulong[])[section.Size, ProbeChecksum.Of(Bytes(Kernel.Elf, section))]),
            Probe.Symbols);
    }

    /// <summary>The kernel first, both modules, the ramdisk: their records and their bytes.</summary>
    private void CheckFiles()
    {
        string[] types = [.. Texts(Type)];
        string[] names = [.. Texts(Name).Select(name => Path.GetFileName(name))];
        Assert.Equal(("kernel", "elf kernel"), (names[0], types[0]));
        Assert.Equal(
            [("first.ko", "elf obj module"), ("mfsroot", "md_image"), ("second.ko", "elf obj module")],
            names.Zip(types).Skip(1).OrderBy(file => file.First, StringComparer.Ordinal));
        for (int i = 1; i < names.Length; i++)
        {
            if (names[i] == "mfsroot")
            {
                Assert.Equal((ulong)FreeBsdBoot.Ramdisk.Length, Probe.Files[i].Size);
                Assert.Equal(ProbeChecksum.Of(FreeBsdBoot.Ramdisk), Probe.Files[i].Checksum);
                Assert.Equal(0UL, Probe.Files[i].Address % 4096);
            }
            else
            {
                string name = Path.GetFileNameWithoutExtension(names[i]);
                CheckModule(ElfFile.Open(new Bytes.ArraySource(Modules[name], name)), Probe.Files[i]);
            }
        }
    }

    private static void CheckModule(ElfFile module, FreeBsdProbeFile found)
    {
        int[] needed =
        [
            .. module.Sections.Index()
                .Where(s => s.Item.Size > 0 && (s.Item.IsAllocated || s.Item.Type is ElfSection.SymbolTable))
                .Select(s => s.Index),
        ];
        Assert.Empty(needed.Except(found.Sections.Keys));
        foreach ((int index, ulong checksum) in found.Sections)
        {
            Assert.Equal((index, ProbeChecksum.Of(Bytes(module, module.Sections[index]))), (index, checksum));
        }
    }

    private static byte[] Bytes(ElfFile elf, ElfSection section)
    {
        byte[] bytes = new byte[section.Size];
        if (section.Type != ElfSection.NoBits)
        {
            elf.Source.Read((long)section.Offset, bytes);
        }

        return bytes;
    }

    private IEnumerable<string> Texts(uint type) =>
        Probe.Records.Where(record => record.Type == type)
            .Select(record => Encoding.UTF8.GetString(record.Payload).TrimEnd('\0'));
}
