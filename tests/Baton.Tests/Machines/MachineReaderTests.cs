using System.Text;
using System.Text.Json;
using Baton.Bytes;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Protocols.LinuxX86;
using Baton.Tests.Protocols;

namespace Baton.Tests.Machines;

public sealed class MachineReaderTests
{
    [Fact]
    public void Reads_a_uefi_machine_whole()
    {
        (Dictionary<string, string> files, byte[] bootParams) = Trees.UefiPc();
        files["sys/class/graphics/fb0/name"] = "EFI VGA\n";

        Machine machine = MachineReader.Read(Trees.Of(files, bootParams));

        Assert.Equal(FirmwareKind.Uefi, machine.Firmware);
        Assert.Equal(("0x3f77d014", "EFI systab ACPI20"), ($"{machine.AcpiRsdp}", machine.AcpiRsdpSource));
        EfiFirmware efi = Assert.IsType<EfiFirmware>(machine.Efi);
        Assert.Equal(
            "64 0x3f5eb018 0x3f52aa18 0x3f5ebb98 0x3f5ebc98 0x3f520000",
            $"{efi.PlatformBits} {efi.SystemTable} {efi.Vendor} {efi.Runtime} {efi.ConfigurationTable} {efi.Smbios}");
        Assert.Equal(
            Enumerable.Range(0, 11).Select(i => $"[0x{0x3f000000 + (i * 0x100000):x}, 0x{0x3f010000 + (i * 0x100000):x})"),
            efi.RuntimeMap.Select(e => e.Range.ToString()));
        Assert.All(efi.RuntimeMap, entry => Assert.False(machine.Usable.Overlaps(entry.Range)));
        Assert.Equal("EFI VGA", machine.Framebuffer?.Driver);
        Assert.Equal(("6.1.0-test", "console=ttyS0 root=/dev/sda1"), (machine.Kernel.Release, machine.Kernel.CommandLine));
        Assert.Equal(4096, machine.BootParams.Length);
        Assert.Equal(["firmware-memory-fallback"], machine.Findings.Select(f => f.Id));
        using JsonDocument json = Reports.Json(machine);
        Assert.Equal("0x3f5eb018", json.RootElement.GetProperty("efi").GetProperty("system_table").GetString());
        Assert.Equal(11, json.RootElement.GetProperty("efi").GetProperty("runtime_map").GetArrayLength());
        Assert.True(json.RootElement.GetProperty("kexec").GetProperty("kexec_load").GetProperty("allowed").GetBoolean());
    }

    [Theory]
    [InlineData("sys/firmware/efi/fw_vendor", "/sys/firmware/efi/fw_vendor")]
    [InlineData("sys/firmware/efi/runtime", "/sys/firmware/efi/runtime")]
    [InlineData("sys/firmware/efi/config_table", "/sys/firmware/efi/config_table")]
    [InlineData("sys/firmware/efi/runtime-map/", "/sys/firmware/efi/runtime-map")]
    public void Says_what_is_missing_for_efi_runtime_services(string path, string named)
    {
        (Dictionary<string, string> files, byte[] bootParams) = Trees.UefiPc();
        foreach (string file in files.Keys.Where(k => k.StartsWith(path, StringComparison.Ordinal)).ToArray())
        {
            files.Remove(file);
        }

        Finding finding = Assert.Single(
            MachineReader.Read(Trees.Of(files, bootParams)).Findings, f => f.Id == "efi-incomplete");

        Assert.StartsWith(
            "the next kernel will have no EFI runtime services because the running kernel does not tell", finding.Text,
            StringComparison.Ordinal);
        Assert.Contains(named, finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_run_as_root_when_the_efi_files_are_denied()
    {
        (Dictionary<string, string> files, byte[] bootParams) = Trees.UefiPc();
        Machine machine = MachineReader.Read(Trees.Of(
            files, bootParams, "sys/firmware/efi/fw_vendor", "sys/firmware/efi/runtime-map/0/phys_addr"));

        Finding finding = Assert.Single(machine.Findings, f => f.Id == "efi-incomplete");
        Assert.Contains("run as root", finding.Text, StringComparison.Ordinal);
        Assert.Empty(machine.Efi!.RuntimeMap);
    }

    [Theory]
    [InlineData("type", "0x100000000", "OutOfRange")]
    [InlineData("num_pages", "0x10000000000001", "OutOfRange")]
    [InlineData("num_pages", "0xfffffffffffff", "OutOfRange")]
    [InlineData("virt_addr", "", "Truncated")]
    [InlineData("attribute", "RUNTIME", "BadSyntax")]
    [InlineData("num_pages", null, "Missing")]
    public void Names_the_part_of_the_efi_map_that_is_wrong(string file, string? text, string error)
    {
        (Dictionary<string, string> files, byte[] bootParams) = Trees.UefiPc();
        string path = $"sys/firmware/efi/runtime-map/10/{file}";
        files.Remove(path);
        if (text is not null)
        {
            files[path] = text;
        }

        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => MachineReader.Read(Trees.Of(files, bootParams)));

        Assert.Equal((error, $"test:{path}:1 ({file})"), (e.Error.ToString(), e.Where.ToString()));
    }

    [Fact]
    public void The_efi_files_survive_every_damage()
    {
        (Dictionary<string, string> files, byte[] bootParams) = Trees.UefiPc();
        string[] names = [.. new[] { "type", "phys_addr", "virt_addr", "num_pages", "attribute" }
            .Select(name => "sys/firmware/efi/runtime-map/0/" + name)
            .Append("sys/firmware/efi/fw_vendor")
            .Append("sys/firmware/efi/fw_platform_size")];
        byte[] valid = Encoding.UTF8.GetBytes(string.Join('|', names.Select(name => files[name].TrimEnd())));
        Corruptions.Check(valid, Read, count: 10_000);

        void Read(byte[] bytes)
        {
            string[] values = Encoding.UTF8.GetString(bytes).Split('|');
            Dictionary<string, string> damaged = new(files);
            for (int i = 0; i < names.Length; i++)
            {
                damaged[names[i]] = i < values.Length ? values[i] : "";
            }

            Trees.Touch(MachineReader.Read(Trees.Of(damaged, bootParams)));
        }
    }

    [Fact]
    public void A_32_bit_firmware_gives_a_64_bit_kernel_no_runtime_services()
    {
        (Dictionary<string, string> files, byte[] bootParams) = Trees.UefiPc();
        files["sys/firmware/efi/fw_platform_size"] = "32\n";

        Finding finding = Assert.Single(
            MachineReader.Read(Trees.Of(files, bootParams)).Findings, f => f.Id == "efi-incomplete");

        Assert.Contains("the firmware is 32-bit and the kernel is 64-bit", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_entries_for_which_boot_params_has_no_room_are_in_the_firmwares_map()
    {
        // At 4 GiB and at 8 GiB, 1 GiB each.
        const string entry = "\0\0\0\0\u0001\0\0\0" + "\0\0\0\u0040\0\0\0\0" + "\u0001\0\0\0";
        (Dictionary<string, string> files, byte[] bootParams) = Trees.UefiPc();
        files["sys/kernel/boot_params/setup_data/0/type"] = "0x9\n";
        files["sys/kernel/boot_params/setup_data/0/data"] = "a seed";
        files["sys/kernel/boot_params/setup_data/1/type"] = "0x1\n";
        files["sys/kernel/boot_params/setup_data/1/data"] = entry + "\0\0\0\0\u0002" + entry[5..];
        Assert.Equal(
            ["[0x1000, 0x9f000)", "[0x100000, 0x40000000)", "[0x100000000, 0x140000000)", "[0x200000000, 0x240000000)"],
            MachineReader.Read(Trees.Of(files, bootParams)).FirmwareMemory.Select(region => region.Range.ToString()));

        files["sys/kernel/boot_params/setup_data/1/data"] = entry + "\0";
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => MachineReader.Read(Trees.Of(files, bootParams)));
        Assert.Equal("SETUP_E820_EXT", e.Where.Field);
    }

    [Theory]
    [InlineData("i915drmfb", true)]
    [InlineData("simpledrmdrmfb", false)]
    [InlineData("simple", false)]
    [InlineData("efidrmdrmfb", false)]
    [InlineData("vesadrmdrmfb", false)]
    [InlineData("EFI VGA", false)]
    public void A_driver_of_its_own_on_the_framebuffer_gets_one_note(string driver, bool hasNote)
    {
        (Dictionary<string, string> files, byte[] bootParams) = Trees.UefiPc();
        files["sys/class/graphics/fb0/name"] = driver + "\n";
        Machine machine = MachineReader.Read(Trees.Of(files, bootParams));

        Assert.Equal(hasNote ? 1 : 0, machine.Findings.Count(f => f.Id == Framebuffer.TakenOver));
        Assert.Equal(
            machine.Findings.Where(f => f.Id == Framebuffer.TakenOver),
            LinuxX86Planner.Plan(TestKernels.Request(machine)).Findings.Where(f => f.Id == Framebuffer.TakenOver));
    }

    [Theory]
    [InlineData("x86_64", Architecture.X64)]
    [InlineData("aarch64", Architecture.Arm64)]
    [InlineData("i686", Architecture.X86)]
    public void The_kernel_has_the_last_word_on_the_architecture(string arch, Architecture architecture)
    {
        Dictionary<string, string> files = Trees.Pc();
        files["proc/sys/kernel/arch"] = arch + "\n";
        Assert.Equal(architecture, MachineReader.Read(Trees.Of(files)).Architecture);
    }

    [Fact]
    public void An_arm64_machine_shows_its_memory()
    {
        Dictionary<string, string> files = new()
        {
            ["proc/cpuinfo"] = "processor\t: 0\nCPU implementer\t: 0x41\n",
            ["proc/iomem"] = "09000000-09000fff : pl011@9000000\n40000000-7fffffff : System RAM\n"
                + "  40210000-4202ffff : Kernel code\n  48000000-48ffffff : reserved\n",
        };

        Machine machine = MachineReader.Read(Trees.Of(files));

        Assert.Equal(Architecture.Arm64, machine.Architecture);
        Assert.Equal("[0x40000000, 0x48000000) [0x49000000, 0x80000000)", machine.Usable.ToString());
        Assert.Equal("[0x40000000, 0x80000000) System RAM [iomem]", Assert.Single(machine.FirmwareMemory).ToString());
        Assert.Equal(FirmwareKind.Unknown, machine.Firmware);
        Trees.Touch(machine);

        // What only x86 has is not said to be absent.
        string report = Reports.ReportText(machine);
        Assert.DoesNotContain("paging", report, StringComparison.Ordinal);
        Assert.DoesNotContain("1 GiB pages", report, StringComparison.Ordinal);
        Assert.Contains("ACPI RSDP not known\n", report, StringComparison.Ordinal);
        using JsonDocument json = Reports.Json(machine);
        JsonElement processor = json.RootElement.GetProperty("processor");
        Assert.All(
            (string[])["physical_bits", "la57", "gigabyte_pages"],
            name => Assert.Equal(JsonValueKind.Null, processor.GetProperty(name).ValueKind));
    }

    [Fact]
    public void An_x86_processor_is_reported_with_its_paging()
    {
        Machine machine = MachineReader.Read(Trees.Of(Trees.Pc()));
        string report = Reports.ReportText(machine);
        Assert.Contains("46 bits of physical address, 5-level paging, 1 GiB pages\n", report, StringComparison.Ordinal);
        Assert.Contains("ACPI RSDP not known: the next kernel looks for it by itself\n", report, StringComparison.Ordinal);
        using JsonDocument json = Reports.Json(machine);
        JsonElement processor = json.RootElement.GetProperty("processor");
        Assert.Equal(46, processor.GetProperty("physical_bits").GetInt32());
        Assert.True(processor.GetProperty("la57").GetBoolean());
        Assert.True(processor.GetProperty("gigabyte_pages").GetBoolean());
    }

    [Theory]
    [InlineData(null, ImageError.Missing)]
    [InlineData("riscv64", ImageError.WrongArchitecture)]
    public void What_is_no_machine_is_said_to_be_none(string? arch, ImageError error)
    {
        Dictionary<string, string> files = [];
        if (arch is not null)
        {
            files["proc/sys/kernel/arch"] = arch;
        }

        Assert.Equal(error, Assert.Throws<ImageFormatException>(() => MachineReader.Read(Trees.Of(files))).Error);
    }
}
