using Baton.Bytes;
using Baton.Formats.BzImage;
using Baton.Machines;

namespace Baton.Tests.Machines;

/// <summary>Addresses of more than 52 bits, wherever a machine's files have addresses: each is refused where it stands.</summary>
public sealed class ImpossibleAddressTests
{
    private const string Memmap = "sys/firmware/memmap/0/";
    private const string Map = "sys/firmware/efi/runtime-map/3/";

    [Theory]
    [InlineData("proc/iomem", "100000000-ffffffffffffffff : System RAM\n", "proc/iomem:1 (end)")]
    [InlineData("proc/iomem", "10000000000000-100000ffffffff : System RAM\n", "proc/iomem:1 (end)")]
    [InlineData("proc/iomem", "1000-ffff : System RAM\n  1000-10000000000000 : Kernel code\n", "proc/iomem:2 (end)")]
    [InlineData("proc/iomem", "10000000000000-10000000000fff : ACPI Tables\n", "proc/iomem:1 (end)")]
    [InlineData(Memmap + "end", "0x10000000000000\n", Memmap + "end:1 (end)")]
    [InlineData("sys/firmware/efi/systab", "ACPI20=0xfffffffffffff014\n", "sys/firmware/efi/systab:1 (ACPI20)")]
    [InlineData("sys/firmware/efi/systab", "SMBIOS=0x10000000000000\n", "sys/firmware/efi/systab:1 (SMBIOS)")]
    [InlineData("sys/firmware/efi/config_table", "0x10000000000000\n", "sys/firmware/efi/config_table:1 (config_table)")]
    [InlineData(Map + "phys_addr", "0x10000000000000\n", Map + "phys_addr:1 (phys_addr)")]
    [InlineData(Map + "num_pages", "0x10000000000\n", Map + "num_pages:1 (num_pages)")]
    public void In_a_file_of_text_it_is_refused_by_its_line(string path, string text, string where)
    {
        (Dictionary<string, string> files, byte[] bootParams) = Machine();
        Trees.Touch(MachineReader.Read(Trees.Of(files, bootParams)));
        files[path] = text;
        AssertRefused(files, bootParams, where);
    }

    [Fact]
    public void In_boot_params_it_is_refused_by_its_field()
    {
        const string data = "sys/kernel/boot_params/data";
        (Dictionary<string, string> files, byte[] bootParams) = Trees.UefiPc();

        byte[] page = (byte[])bootParams.Clone();
        BootParamsFields.AcpiRsdpAddr.Write(page, 1UL << 53);
        AssertRefused(files, page, $"{data}+0x70 (acpi_rsdp_addr)");

        page = (byte[])bootParams.Clone();
        BootParamsFields.EfiSystabHi.Write(page, 1U << 20);
        AssertRefused(files, page, $"{data}+0x1d8 (efi_info.efi_systab_hi)");

        page = (byte[])bootParams.Clone();
        BootParamsTests.WriteE820(page, 1, (1UL << 52) - 0x1000, 0x2000, 1);
        AssertRefused(files, page, $"{data}+0x2e4 (e820_table.addr)");

        // A map there is none: nothing else depends on it.
        page = (byte[])bootParams.Clone();
        BootParamsFields.EfiMemmapHi.Write(page, 1U << 31);
        Assert.Null(RunningBootParams.Parse(page, data).EfiMap);
    }

    [Theory]
    [InlineData("proc/iomem", "1000-ffff : System RAM\nffff000000000000-ffffffffffffffff : PCI Bus 0000:80\n")]
    [InlineData("proc/iomem", "1000-ffff : System RAM\nffff000000000000-ffffffffffffffff : Reserved\n")]
    [InlineData("proc/iomem", "1000-fffffffffffff : System RAM\n")]
    [InlineData(Memmap + "type", "Reserved\n")]
    [InlineData(Memmap + "end", "0xfffffffffffff\n")]
    [InlineData("sys/firmware/efi/systab", "ACPI20=0xffffffffff014\nODD=0xffffffffffffffff\n")]
    [InlineData(Map + "num_pages", "0xfff0000\n")]
    public void What_nobody_reads_may_lie_anywhere_and_52_bits_are_enough(string path, string text)
    {
        (Dictionary<string, string> files, byte[] bootParams) = Machine();
        files[Memmap + "end"] = path == Memmap + "type" ? "0xffffffffffffffff\n" : files[Memmap + "end"];
        files[path] = text;
        Trees.Touch(MachineReader.Read(Trees.Of(files, bootParams)));
    }

    private static (Dictionary<string, string> Files, byte[] BootParams) Machine()
    {
        (Dictionary<string, string> files, byte[] bootParams) = Trees.UefiPc();
        files[Memmap + "start"] = "0x1000\n";
        files[Memmap + "end"] = "0x3fffffff\n";
        files[Memmap + "type"] = "System RAM\n";
        return (files, bootParams);
    }

    private static void AssertRefused(Dictionary<string, string> files, byte[] bootParams, string where)
    {
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => MachineReader.Read(Trees.Of(files, bootParams)));
        Assert.Equal((ImageError.OutOfRange, $"test:{where}"), (e.Error, e.Where.ToString()));
        Assert.EndsWith("expected physical addresses of at most 52 bits", e.Problem, StringComparison.Ordinal);
    }
}
