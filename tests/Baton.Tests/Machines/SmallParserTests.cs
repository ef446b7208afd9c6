using System.Text;
using Baton.Bytes;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Tests.Machines;

/// <summary>The parsers of one file each: memmap, systab, cpuinfo, meminfo, the kernel's configuration.</summary>
public sealed class SmallParserTests
{
    [Theory]
    [InlineData("start", "0x10000000000000000", "BadSyntax", "test:sys/firmware/memmap/0/start:1 (start)")]
    [InlineData("start", "", "Truncated", "test:sys/firmware/memmap/0/start:1 (start)")]
    [InlineData("start", "-1", "BadSyntax", "test:sys/firmware/memmap/0/start:1 (start)")]
    [InlineData("end", "0xffe", "OutOfRange", "test:sys/firmware/memmap/0/end:1 (end)")]
    [InlineData("end", null, "Missing", "test:sys/firmware/memmap/0/end:1 (end)")]
    [InlineData("type", "\n", "Truncated", "test:sys/firmware/memmap/0/type:1 (type)")]
    public void Firmware_memmap_names_the_entry_that_is_wrong(string file, string? text, string error, string where)
    {
        Dictionary<string, string> files = Memmap("0x1000", "0x1fff", "System RAM");
        files.Remove($"sys/firmware/memmap/0/{file}");
        if (text is not null)
        {
            files[$"sys/firmware/memmap/0/{file}"] = text;
        }

        ImageFormatException e = Assert.Throws<ImageFormatException>(() => FirmwareMemmap.Read(Trees.Of(files), []));

        Assert.Equal((error, where), (e.Error.ToString(), e.Where.ToString()));
    }

    [Fact]
    public void Firmware_memmap_knows_every_type_of_the_kernel_and_skips_empty_entries()
    {
        (string Text, uint Type)[] types =
        [
            ("System RAM", 1), ("Reserved", 2), ("ACPI Tables", 3), ("ACPI Non-volatile Storage", 4),
            ("Unusable memory", 5), ("Persistent Memory", 7), ("Persistent Memory (legacy)", 12),
            ("Soft Reserved", 0xefffffff), ("Unknown E820 type", 2), ("reserved", 2),
        ];
        foreach ((string text, uint type) in types)
        {
            List<Finding> findings = [];
            MemoryRegion region = Assert.Single(
                FirmwareMemmap.Read(Trees.Of(Memmap("0x1000", "0x1fff", text)), findings));
            Assert.Equal(type, region.Kind.Type);
            Assert.Empty(findings);
        }

        Assert.Empty(FirmwareMemmap.Read(Trees.Of(Memmap("0x1000", "0xfff", "System RAM")), []));
    }

    [Fact]
    public void Firmware_memmap_survives_every_damage()
    {
        byte[] valid = Encoding.UTF8.GetBytes("0x100000|0x3fffffff|System RAM");
        Corruptions.Check(valid, bytes =>
        {
            string[] parts = [.. Encoding.UTF8.GetString(bytes).Split('|', 3), "", ""];
            List<Finding> findings = [];
            MemoryMap map = MemoryMap.Of(FirmwareMemmap.Read(Trees.Of(Memmap(parts[0], parts[1], parts[2])), findings));
            Assert.NotNull(string.Join(' ', map) + string.Join(' ', findings) + map.Ram.Length);
        });
    }

    [Fact]
    public void Systab_prefers_the_newer_tables_where_they_are_told()
    {
        EfiSystab all = EfiSystab.Parse("ACPI20=0x20\nACPI=0x10\nSMBIOS3=0x3\nSMBIOS=0x4\nMPS=0x5\n"u8.ToArray(), "systab");
        Assert.Equal("0x20 0x10 0x4", $"{all.Acpi20} {all.Acpi} {all.Smbios}");

        EfiSystab few = EfiSystab.Parse("SMBIOS3=0x3\nACPI=0x0\n"u8.ToArray(), "systab");
        Assert.Equal(" null 0x3", $"{few.Acpi20} {few.Acpi?.ToString() ?? "null"} {few.Smbios}");
    }

    [Theory]
    [InlineData("ACPI20", "systab:1 (line)")]
    [InlineData("ACPI20=0x1\nSMBIOS=", "systab:2 (SMBIOS)")]
    [InlineData("ACPI20=0x10000000000000000", "systab:1 (ACPI20)")]
    public void Systab_names_the_line_that_is_wrong(string text, string where) => Assert.Equal(
        where,
        Assert.Throws<ImageFormatException>(
            () => EfiSystab.Parse(Encoding.UTF8.GetBytes(text), "systab")).Where.ToString());

    [Fact]
    public void Systab_survives_every_damage() => Corruptions.Check(
        "ACPI20=0x3f77d014\nACPI=0x3f77d000\nSMBIOS=0x3f520000\n"u8.ToArray(),
        bytes => Assert.NotEmpty(EfiSystab.Parse(bytes, "systab").ToString()));

    [Fact]
    public void Cpuinfo_tells_of_the_first_processor()
    {
        CpuInfo read = CpuInfo.Parse(Encoding.UTF8.GetBytes(Trees.CpuInfo), "cpuinfo");

        Assert.Equal(Architecture.X64, read.Architecture);
        Assert.Equal(
            new ProcessorFacts { La57 = true, GigabytePages = true, PhysicalBits = 46, Model = "A processor" }, read.Facts);
    }

    [Theory]
    [InlineData("processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n", Architecture.Arm64)]
    [InlineData("vendor_id\t: GenuineIntel\nflags\t: fpu pae\n", Architecture.X86)]
    [InlineData("processor\t: 0\nhart\t: 0\nisa\t: rv64imafdc\n", null)]
    public void Cpuinfo_tells_the_architecture(string text, Architecture? architecture) =>
        Assert.Equal(architecture, CpuInfo.Parse(Encoding.UTF8.GetBytes(text), "cpuinfo").Architecture);

    [Fact]
    public void Cpuinfo_survives_every_damage() => Corruptions.Check(Encoding.UTF8.GetBytes(Trees.CpuInfo), bytes =>
    {
        CpuInfo read = CpuInfo.Parse(bytes, "cpuinfo");
        Assert.InRange(read.Facts.PhysicalBits, 0, 64);
        Assert.NotNull($"{read.Facts} {read.Architecture} {read.Flags.Count}");
    });

    [Fact]
    public void Meminfo_gives_bytes()
    {
        Assert.Equal(
            new MemoryTotals(24684096UL << 10, 23685424UL << 10, 24232744UL << 10),
            MemInfo.Parse(Encoding.UTF8.GetBytes(Trees.MemInfo), "meminfo"));
        Assert.Equal(
            new MemoryTotals(2048, 1024, 1024) { Reclaimable = 512 << 10 },
            MemInfo.Parse("MemTotal: 2 kB\nMemFree: 1 kB\nKReclaimable: 512 kB\n"u8.ToArray(), "meminfo"));

        // Before Linux 4.20 there is one figure of the two.
        Assert.Equal(512UL << 10, MemInfo.Parse("MemTotal: 2 kB\nSReclaimable: 512 kB\n"u8.ToArray(), "meminfo").Reclaimable);
        Assert.Equal(
            512UL << 10,
            MemInfo.Parse("MemTotal: 2 kB\nKReclaimable: 512 kB\nSReclaimable: 500 kB\n"u8.ToArray(), "meminfo").Reclaimable);
    }

    /// <summary>The kernel counts its caches without a half, or without its low watermark where that is less.</summary>
    [Theory]
    [InlineData(100, 20, 0, 80)]
    [InlineData(100, 20, 4, 84)]
    [InlineData(100, 20, 50, 90)]
    [InlineData(10, 30, 4, 0)]
    public void Caches_are_left_out_of_what_can_be_had(ulong available, ulong caches, ulong reserve, ulong certain) =>
        Assert.Equal(certain, MemoryTotals.CertainOf(available, caches, reserve));

    [Theory]
    [InlineData("MemFree: 1 kB\n", "Missing", "meminfo:1 (MemTotal)")]
    [InlineData("\nMemTotal: 1 MB\n", "BadSyntax", "meminfo:2 (MemTotal)")]
    [InlineData("MemTotal: 18446744073709551615 kB\n", "OutOfRange", "meminfo:1 (MemTotal)")]
    [InlineData("MemTotal: 1 kB\nMemAvailable: many kB\n", "BadSyntax", "meminfo:2 (MemAvailable)")]
    [InlineData("", "Truncated", "meminfo:1 (MemTotal)")]
    public void Meminfo_names_the_line_that_is_wrong(string text, string error, string where)
    {
        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => MemInfo.Parse(Encoding.UTF8.GetBytes(text), "meminfo"));
        Assert.Equal((error, where), (e.Error.ToString(), e.Where.ToString()));
    }

    [Theory]
    [InlineData("MemTotal:  2 kB\nMemFree:   1 kB\n", 1024)]
    [InlineData("MemFree: 17\nMemFree: 18", 17408)]
    [InlineData("MemFree:", null)]
    [InlineData("MemFree: many kB\n", null)]
    [InlineData("MemFree: 18446744073709551615 kB\n", null)]
    [InlineData("SomeMemFree: 3 kB\nMemFreed: 4 kB\n", null)]
    [InlineData("", null)]
    public void One_figure_of_meminfo_is_found_or_there_is_none(string text, int? bytes) =>
        Assert.Equal((ulong?)bytes, MemInfo.Find(Encoding.UTF8.GetBytes(text), "MemFree:"u8));

    [Fact]
    public void Meminfo_survives_every_damage() => Corruptions.Check(
        Encoding.UTF8.GetBytes(Trees.MemInfo), bytes => Assert.NotEmpty(MemInfo.Parse(bytes, "meminfo").ToString()));

    [Fact]
    public void The_configuration_is_read_from_the_first_place_that_has_it()
    {
        Dictionary<string, string> files = Trees.Pc();
        KernelConfig? config = KernelConfig.Read(Trees.Of(files), "6.1.0-test");
        Assert.Equal("test:boot/config-6.1.0-test", config?.Source);
        Assert.True(config?.IsSet("CONFIG_KEXEC"));
        Assert.False(config?.IsSet("CONFIG_KEXEC_SIG_FORCE"));
        Assert.Null(KernelConfig.Read(Trees.Of(files), "other"));

        files["proc/config.gz"] = "no gzip";
        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => KernelConfig.Read(Trees.Of(files), "6.1.0-test"));
        Assert.Equal("test:proc/config.gz", e.Where.Source);
    }

    private static Dictionary<string, string> Memmap(string start, string end, string type) => new()
    {
        ["sys/firmware/memmap/0/start"] = start,
        ["sys/firmware/memmap/0/end"] = end,
        ["sys/firmware/memmap/0/type"] = type,
    };
}
