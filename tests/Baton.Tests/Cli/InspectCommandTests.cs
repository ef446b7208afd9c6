using System.Text.Json;
using Baton.Bytes;
using Baton.Cli;
using Baton.Formats.BzImage;
using Baton.Formats.DeviceTrees;
using Baton.Formats.Pe;
using Baton.Tests.Formats;

namespace Baton.Tests.Cli;

/// <summary><c>baton inspect</c> from its arguments to its output and exit status.</summary>
public sealed class InspectCommandTests : IDisposable
{
    private readonly ForeignTool.TemporaryFolder _folder = ForeignTool.Folder();

    [Fact]
    public void A_kernel_and_an_initrd_are_reported_one_after_the_other()
    {
        (int status, string output, string error) = Run("inspect", Kernel(), Initrd());
        Assert.Equal((0, ""), (status, error));
        Assert.Contains("bzImage, boot protocol 2.15", output, StringComparison.Ordinal);
        Assert.Contains("note: The CRC-32 of the kernel's build matches. [crc32-good]", output, StringComparison.Ordinal);
        Assert.Contains("kernel_info_offset", output, StringComparison.Ordinal);
        Assert.Matches(@"0x0 +\d+ B +gzip +at least \d+ B +-", output);
    }

    [Fact]
    public void Json_holds_every_file_also_those_that_cannot_be_read()
    {
        string noise = Write("noise", [1, 2, 3]);
        (int status, string output, string error) = Run("inspect", "--json", Kernel(), noise, Initrd());
        Assert.Equal(ExitCode.DataError, status);
        Assert.StartsWith($"baton: {noise}+0x0 (format): found 3 bytes", error, StringComparison.Ordinal);
        JsonElement[] images = [.. JsonDocument.Parse(output).RootElement.GetProperty("images").EnumerateArray()];
        Assert.Equal("bzImage", images[0].GetProperty("format").GetString());
        Assert.Equal("UnknownFormat", images[1].GetProperty("error").GetProperty("id").GetString());
        Assert.Equal("initrd", images[2].GetProperty("kind").GetString());
        Assert.Equal(TestImages.Cpio().Length, images[2].GetProperty("unpacked_size").GetInt64());
        Assert.Equal("at least", images[2].GetProperty("unpacked_size_bound").GetString());
    }

    [Fact]
    public void A_device_tree_is_reported_with_its_memory_and_without_its_seeds()
    {
        (int status, string output, string error) = Run("inspect", Write("board.dtb", TestImages.DeviceTree()));
        Assert.Equal((0, ""), (status, error));
        Assert.Contains("device tree, version 17", output, StringComparison.Ordinal);
        Assert.Matches(@"\[0x880000000, 0x8c0000000\) +1 GiB +RAM +/memory@40000000", output);
        Assert.Matches(@"\[0x48000000, 0x48010000\) +64 KiB +reserved +memory reservation block", output);
        Assert.Matches(@"anywhere +4 MiB +reserved, lent out +/reserved-memory/pool", output);
        Assert.Matches(@"bootargs +console=ttyAMA0", output);
        Assert.Matches(@"kaslr-seed +8 bytes", output);
        Assert.DoesNotContain("1122334455667788", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_that_is_no_text_is_shown_as_its_bytes()
    {
        DeviceTree tree = DeviceTree.Create("test");
        DeviceNode chosen = tree.Root.Add("chosen");
        chosen.Set("cells", new byte[] { 0x4a, 0xd0, 0xe2, 0 });
        chosen.SetStrings("words", "Grüße");
        string output = Run("inspect", Write("board.dtb", tree.ToArray())).Output;
        Assert.Matches("cells +0x4ad0e200", output);
        Assert.Matches("words +Grüße", output);
    }

    [Fact]
    public void A_device_tree_in_json_has_sizes_as_numbers_and_addresses_as_text()
    {
        byte[] longer = [.. TestImages.DeviceTree(), 1, 2, 3];
        (int status, string output, _) = Run("inspect", "--json", Write("board.dtb", longer));
        Assert.Equal(0, status);
        JsonElement tree = JsonDocument.Parse(output).RootElement.GetProperty("images")[0];
        Assert.Equal("device-tree", tree.GetProperty("kind").GetString());
        Assert.Equal("test,board", tree.GetProperty("compatible")[0].GetString());
        JsonElement bank = tree.GetProperty("memory")[1];
        Assert.Equal("0x880000000", bank.GetProperty("start").GetString());
        Assert.Equal(1L << 30, bank.GetProperty("size").GetInt64());
        Assert.Equal("trailing-bytes", tree.GetProperty("findings")[0].GetProperty("id").GetString());
    }

    [Fact]
    public void A_FIT_image_and_a_tree_without_memory_are_told_apart()
    {
        DeviceTree tree = DeviceTree.Create("test");
        Assert.Contains("[no-memory-nodes]", Run("inspect", Write("bare.dtb", tree.ToArray())).Output, StringComparison.Ordinal);
        tree.Root.Add("images");
        tree.Root.Add("configurations");
        string output = Run("inspect", Write("board.itb", tree.ToArray())).Output;
        Assert.Contains("[fit-image]", output, StringComparison.Ordinal);
        Assert.DoesNotContain("[no-memory-nodes]", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_tree_is_printed_as_a_source_that_dtc_takes()
    {
        string file = Write("board.dtb", TestImages.DeviceTree());
        (int status, string output, string error) = Run("inspect", "--dts", file);
        Assert.Equal((0, ""), (status, error));
        Assert.Equal(
            TestImages.DeviceTree(),
            ForeignTool.Run("dtc", ["-q", "-O", "dtb", "-"], System.Text.Encoding.ASCII.GetBytes(output)));
        Assert.Equal(ExitCode.DataError, Run("inspect", "--dts", Kernel()).Status);
        Assert.Equal(ExitCode.Usage, Run("inspect", "--dts", file, file).Status);
        Assert.Equal(ExitCode.Usage, Run("inspect", "--dts", "--json", file).Status);
    }

    [Fact]
    public void A_unified_kernel_image_is_reported_with_what_it_carries()
    {
        byte[] uki = TestImages.Uki(TestImages.Gzip(TestImages.Arm64Image()));
        (int status, string output, _) = Run("inspect", Write("uki.efi", uki));
        Assert.Equal(0, status);
        Assert.Matches(@"format +Image in gzip data in a UKI", output);
        Assert.Matches(@"own command line +console=ttyAMA0 quiet", output);
        Assert.Matches(@"preferred address +none", output);
        Assert.Matches(@"\.initrd +0x[0-9a-f]+ +\d+ B", output);
        Assert.Contains("[pe-unsigned]", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_has_its_own_exit_status()
    {
        (int status, _, string error) = Run("inspect", _folder.File("nothing"));
        Assert.Equal(ExitCode.NoInput, status);
        Assert.Contains(_folder.File("nothing"), error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_and_an_empty_file_are_no_kernels()
    {
        (int status, _, string error) = Run("inspect", _folder.Path);
        Assert.Equal(ExitCode.DataError, status);
        Assert.Contains("no FreeBSD root: it has no kernel in boot", error, StringComparison.Ordinal);
        (status, _, error) = Run("inspect", Write("empty", []));
        Assert.Equal(ExitCode.DataError, status);
        Assert.Contains("found an empty file", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Vmlinux_is_extracted_and_an_output_that_is_there_is_kept()
    {
        string output = _folder.File("vmlinux");
        Assert.Equal(0, Run("inspect", Kernel(), "--extract", "vmlinux", "-o", output).Status);
        Assert.Equal(TestImages.Elf(), File.ReadAllBytes(output));
        File.WriteAllText(output, "precious");
        Assert.Equal(ExitCode.CannotCreate, Run("inspect", Kernel(), "--extract", "vmlinux", "-o", output).Status);
        Assert.Equal("precious", File.ReadAllText(output));
        Assert.Equal(0, Run("inspect", Kernel(), "--extract", "vmlinux", "-o", output, "--force").Status);
        Assert.Equal(TestImages.Elf(), File.ReadAllBytes(output));
        Assert.Equal(["bzImage", "vmlinux"], Names());
    }

    [Theory]
    [InlineData(".linux")]
    [InlineData(".initrd")]
    [InlineData(".cmdline")]
    [InlineData(".dtb:1")]
    [InlineData(".ucode")]
    public void A_section_of_a_UKI_is_taken_out_as_it_is(string part)
    {
        byte[] kernel = [.. Enumerable.Repeat((byte)7, 1000)]; // of no format: what is taken out need not be read
        UkiFile uki = UkiFile.Open(PeFile.Open(new ArraySource(TestImages.Uki(kernel), "uki")));
        string file = Write("uki.efi", TestImages.Uki(kernel));
        (int status, string output, string error) = Run("inspect", file, "--extract", part, "-o", _folder.File("out"));
        Assert.True((status, output) == (0, ""), error);
        Assert.Equal(
            uki.Section(part.Split(':')[0])!.Content.ReadAll(1 << 20).ToArray(), File.ReadAllBytes(_folder.File("out")));
    }

    [Theory]
    [InlineData("uki.efi", ".splash", ExitCode.DataError, "no section .splash; there are .osrel, .cmdline, .uname, .ucode, ")]
    [InlineData("uki.efi", ".dtb:2", ExitCode.Usage, "--extract .dtb:2: expected .dtb:N with N from 1 to 1")]
    [InlineData("uki.efi", ".dtb:x", ExitCode.Usage, "expected .dtb:N")]
    [InlineData("uki.efi", "dtb", ExitCode.Usage, "expected vmlinux, or a UKI's section")]
    [InlineData("twice.efi", ".dtbauto", ExitCode.Usage, "2 sections .dtbauto; say which: .dtbauto:1 to .dtbauto:2")]
    [InlineData("bzImage", ".linux", ExitCode.DataError, "no UKI (a PE image with a section .linux) to extract .linux from")]
    public void A_section_that_is_not_there_is_one_sentence(string file, string part, int status, string words)
    {
        Write("uki.efi", TestImages.Uki(TestImages.Arm64Image()));
        Write("twice.efi", TestPe.Build(
            PeMachine.AArch64, (".dtbauto", new byte[10]), (".dtbauto", new byte[20]), (".linux", TestImages.Arm64Image())));
        Kernel();
        (int code, string _, string error) = Run("inspect", _folder.File(file), "--extract", part, "-o", _folder.File("out"));
        Assert.Equal(status, code);
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("out")));
    }

    [Fact]
    public void One_of_several_sections_of_a_name_is_chosen_by_its_number()
    {
        byte[] second = TestImages.Sample(20);
        string file = Write("twice.efi", TestPe.Build(
            PeMachine.AArch64, (".dtbauto", new byte[10]), (".dtbauto", second), (".linux", TestImages.Arm64Image())));
        Assert.Equal(0, Run("inspect", file, "--extract", ".dtbauto:2", "-o", _folder.File("out")).Status);
        Assert.Equal(second, File.ReadAllBytes(_folder.File("out")));
    }

    [Fact]
    public void A_damaged_payload_leaves_the_old_output_and_nothing_else()
    {
        byte[] image = TestImages.BzImage();
        image[TestImages.KernelOffset + TestImages.PayloadOffset + 40] ^= 0xff;
        string output = Write("vmlinux", "precious"u8.ToArray());
        (int status, _, string error) = Run(
            "inspect", Write("bzImage", image), "--extract", "vmlinux", "-o", output, "--force");
        Assert.Equal(ExitCode.DataError, status);
        Assert.Contains("payload+0x", error, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(output));
        Assert.Equal(["bzImage", "vmlinux"], Names());
    }

    [Fact]
    public void A_payload_in_a_format_without_a_codec_is_named()
    {
        byte[] image = TestImages.BzImage(pack: bytes => [.. "BZh9"u8, .. bytes]);
        (int status, _, string error) = Run(
            "inspect", Write("bzImage", image), "--extract", "vmlinux", "-o", _folder.File("vmlinux"));
        Assert.Equal(ExitCode.DataError, status);
        Assert.Contains("bzip2: no codec in this build", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_without_a_vmlinux_to_take_out_is_told_by_what_it_is()
    {
        byte[] image = TestImages.Arm64Image();
        string zboot = Write("zboot.efi", TestPe.Zboot("gzip", TestImages.Gzip(image), image.Length));
        (int status, _, string error) = Run("inspect", zboot, "--extract", "vmlinux", "-o", _folder.File("vmlinux"));
        Assert.Equal(
            (ExitCode.DataError, $"baton: {zboot}: found Image in an EFI zboot image (gzip), expected a bzImage: "
                + "no other kernel has a vmlinux to take out\n"),
            (status, error));
        string old = Write("old", TestImages.BzImage(0x207));
        (status, _, error) = Run("inspect", old, "--extract", "vmlinux", "-o", _folder.File("vmlinux"));
        Assert.Equal(
            (ExitCode.DataError, $"baton: {old}: found a bzImage whose header names no payload within the file "
                + "(boot protocol 2.07): there is no vmlinux to take out\n"),
            (status, error));
    }

    [Fact]
    public void Extraction_replaces_neither_what_it_reads_nor_what_is_no_file()
    {
        string kernel = Kernel();
        (int status, string _, string error) = Run("inspect", kernel, "--extract", "vmlinux", "-o", kernel, "--force");
        Assert.Equal(ExitCode.CannotCreate, status);
        Assert.Contains("which is read to make it", error, StringComparison.Ordinal);
        (status, _, error) = Run("inspect", kernel, "--extract", "vmlinux", "-o", "/dev/null", "--force");
        Assert.Equal(ExitCode.CannotCreate, status);
        Assert.Contains("it is a character device", error, StringComparison.Ordinal);
        Assert.Equal(0, Run("inspect", kernel).Status);
    }

    [Fact]
    public void Extraction_without_an_output_is_a_usage_error()
    {
        Assert.Equal(ExitCode.Usage, Run("inspect", Kernel(), "--extract", "vmlinux").Status);
        Assert.Equal(ExitCode.Usage, Run("inspect", Kernel(), "-o", "x").Status);
        Assert.Equal(ExitCode.Usage, Run("inspect", Kernel(), "--extract", "initrd", "-o", "x").Status);
        Assert.Equal(ExitCode.Usage, Run("inspect").Status);
        Assert.Equal(
            ExitCode.CannotCreate,
            Run("inspect", Kernel(), "--extract", "vmlinux", "-o", _folder.File("no/such/folder")).Status);
    }

    [Fact]
    public void A_kernel_that_was_changed_after_it_was_built_is_noticed()
    {
        byte[] image = TestImages.BzImage();
        SetupFields.RootFlags.Write(image, 0);
        Assert.Contains("crc32-mismatch", Run("inspect", Write("bzImage", image)).Output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string Kernel() => Write("bzImage", TestImages.BzImage());

    private string Initrd() => Write("initrd", TestImages.Gzip(TestImages.Cpio()));

    private string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(_folder.File(name), bytes);
        return _folder.File(name);
    }

    private IEnumerable<string> Names() =>
        Directory.EnumerateFileSystemEntries(_folder.Path).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);

    private static (int Status, string Output, string Error) Run(params string[] arguments) => Invocation.Run(arguments);
}
