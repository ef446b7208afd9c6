using System.Text;
using Baton.Formats.DeviceTrees;

namespace Baton.Tests.Formats;

/// <summary>
/// Device trees that others made: what the device tree compiler, QEMU and the packages of Debian's kernel have. Each comes
/// out byte for byte, and what the compiler makes of our source is the blob again.
/// </summary>
public sealed class DeviceTreeBlobTests
{
    /// <summary>What dtc's own tree of values has that needs care: every kind of value, and strings with escapes.</summary>
    private const string Source = """
        /dts-v1/;
        /memreserve/ 0x10000000 0x4000;
        / {
            compatible = "a,b", "c";
            quoted = "say \"\\\"";
            empty-string = "";
            mixed = "text", <1 2 3>, [01];
            cells = <0xdeadbeef 0 1 2 3 4 5 6 7 8>;
            bytes = [00 11 22 33 44];
            high = "caf\xc3\xa9";
            flag;
            #address-cells = <2>;
            #size-cells = <2>;
            soc: soc { label-target = <&soc>; n0d,o.d+e_x-y { }; };
            memory@80000000 { device_type = "memory"; reg = <0 0x80000000 0 0x10000000 8 0 1 0>; };
        };
        """;

    public static TheoryData<string> Machines =>
    [
        "virt -cpu cortex-a72 -m 512",
        "virt,gic-version=2 -cpu cortex-a72 -smp 4 -m 1G",
        "virt,gic-version=3 -cpu cortex-a72 -smp 8 -m 3G",
        "virt,gic-version=3,virtualization=on -cpu cortex-a57 -m 4G",
        "virt,gic-version=2,virtualization=on,secure=on -cpu cortex-a53 -smp 2 -m 256",
        "virt,highmem=off,its=off -cpu max -smp 3 -m 2G",
        "virt -cpu cortex-a72 -m 2G -smp 2 -object memory-backend-ram,id=a,size=1G "
        + "-object memory-backend-ram,id=b,size=1G -numa node,memdev=a -numa node,memdev=b",
        "sbsa-ref -cpu neoverse-n1 -m 1G",
    ];

    [Fact]
    public void What_the_compiler_writes_is_read_and_printed_back()
    {
        byte[] blob = ForeignTool.Run("dtc", ["-q", "-I", "dts", "-O", "dtb", "-"], Encoding.ASCII.GetBytes(Source));
        DeviceTree tree = DeviceTreeTests.Parse(blob);
        Assert.Equal("say \"\\\"", tree.Root.Property("quoted")!.Text);
        Assert.Equal("café", tree.Root.Property("high")!.Text);
        Assert.Equal(["a,b", "c"], tree.Root.Property("compatible")!.Strings);
        Assert.Equal(
            ["[0x80000000, 0x90000000)", "[0x800000000, 0x900000000)"],
            tree.MemoryBanks().Select(b => b.Range.ToString()));
        CheckRoundTrip(blob);
        Assert.Equal(blob, Compile(tree));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(17)]
    public void What_the_compiler_writes_with_padding_in_each_version_comes_out_byte_for_byte(int version)
    {
        byte[] source = Encoding.ASCII.GetBytes(Source);
        byte[] blob = ForeignTool.Run("dtc", ["-q", "-V", $"{version}", "-p", "1000", "-b", "3", "-@", "-O", "dtb", "-"], source);
        DeviceTree tree = DeviceTreeTests.Parse(blob);
        Assert.Equal((uint)version, tree.Version);
        Assert.Equal(3u, tree.BootCpuidPhys);
        Assert.InRange(tree.FreeSpace, 1000, 1016);
        CheckRoundTrip(blob);
    }

    [Fact]
    public void The_compiler_reads_what_was_edited()
    {
        byte[] blob = ForeignTool.Run("dtc", ["-q", "-O", "dtb", "-"], Encoding.ASCII.GetBytes(Source));
        DeviceTree tree = DeviceTreeTests.Parse(blob);
        DeviceNode chosen = tree.Root.GetOrAdd("chosen");
        chosen.SetStrings("bootargs", "console=ttyAMA0 root=/dev/vda");
        chosen.SetU64("linux,initrd-start", 0x8800_0000);
        tree.Root.Delete(tree.Find("/soc")!);
        tree.Root.Remove("flag");
        string theirs = Encoding.UTF8.GetString(
            ForeignTool.Run("dtc", ["-q", "-I", "dtb", "-O", "dts", "-"], tree.ToArray()));
        Assert.Contains("bootargs = \"console=ttyAMA0 root=/dev/vda\";", theirs, StringComparison.Ordinal);
        Assert.Contains("linux,initrd-start = <0x00 0x88000000>;", theirs, StringComparison.Ordinal);
        Assert.DoesNotContain("soc", theirs, StringComparison.Ordinal);
        Assert.DoesNotContain("flag", theirs, StringComparison.Ordinal);

        // The same edits by the compiler's own tool; the order in which they come may differ, so both are sorted.
        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        string file = folder.File("edited.dtb");
        File.WriteAllBytes(file, blob);
        ForeignTool.Run("fdtput", ["-c", file, "/chosen"]);
        ForeignTool.Run("fdtput", ["-t", "s", file, "/chosen", "bootargs", "console=ttyAMA0 root=/dev/vda"]);
        ForeignTool.Run("fdtput", ["-t", "x", file, "/chosen", "linux,initrd-start", "0", "88000000"]);
        ForeignTool.Run("fdtput", ["-r", file, "/soc"]);
        ForeignTool.Run("fdtput", ["-d", file, "/", "flag"]);
        byte[] edited = File.ReadAllBytes(file);
        CheckRoundTrip(edited);
        Assert.Equal(Sorted(edited), Sorted(tree.ToArray()));
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void Trees_of_virtual_machines_come_out_byte_for_byte(string machine)
    {
        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        string file = folder.File("virt.dtb");
        string[] words = machine.Split(' ');
        ForeignTool.Run(
            "qemu-system-aarch64",
            ["-accel", "tcg", "-display", "none", "-M", $"{words[0]},dumpdtb={file}", .. words[1..]]);
        byte[] blob = File.ReadAllBytes(file);
        DeviceTree tree = CheckRoundTrip(blob);
        Assert.NotEmpty(tree.MemoryBanks());
        Assert.Equal(Sorted(blob), Sorted(Compile(tree)));
    }

    [Theory]
    [InlineData("arm64", 500)]
    [InlineData("cloud-arm64", 100)]
    public void Trees_of_boards_come_out_byte_for_byte(string flavour, int atLeast)
    {
        List<string> files = Boards(flavour);
        Assert.True(files.Count >= atLeast, $"{files.Count} device trees");
        List<string> wrong = [];
        foreach (string file in files)
        {
            byte[] blob = File.ReadAllBytes(file);
            DeviceTree tree = DeviceTree.Parse(blob, file);
            if (!tree.ToArray().AsSpan().SequenceEqual(blob))
            {
                wrong.Add(file);
            }

            // No board's own tree is one that the questions of a machine would refuse.
            tree.MemoryBanks();
            tree.ReservedRegions();
            foreach (DeviceNode node in tree.Root.Subtree())
            {
                node.Windows();
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Sources_of_boards_become_the_same_blobs_again()
    {
        List<string> files = Boards("cloud-arm64");
        int identical = 0;
        foreach (string file in files)
        {
            byte[] blob = File.ReadAllBytes(file);
            DeviceTree tree = DeviceTree.Parse(blob, file);

            // The kernel's build merges overlays into some by a library that orders its work in another way.
            bool ofCompiler = tree.ToFreshArray().AsSpan().SequenceEqual(blob);
            byte[] compiled = Compile(tree);
            Assert.True(!ofCompiler || compiled.AsSpan().SequenceEqual(blob), file);
            Assert.Equal(Sorted(blob), Sorted(compiled));
            identical += ofCompiler ? 1 : 0;
        }

        Assert.True(identical > files.Count / 2, $"{identical} of {files.Count} are as the compiler writes them");
    }

    private static DeviceTree CheckRoundTrip(byte[] blob)
    {
        DeviceTree tree = DeviceTreeTests.Parse(blob);
        Assert.True(tree.ToArray().AsSpan().SequenceEqual(blob), "not the same bytes");
        Assert.Equal(Sorted(blob), Sorted(tree.ToFreshArray()));
        return tree;
    }

    private static byte[] Compile(DeviceTree tree)
    {
        using StringWriter source = new();
        DeviceTreeSource.Write(source, tree);
        return ForeignTool.Run(
            "dtc",
            ["-q", "-I", "dts", "-O", "dtb", "-b", $"{tree.BootCpuidPhys}", "-"],
            Encoding.ASCII.GetBytes(source.ToString()));
    }

    /// <summary>A tree as dtc prints it, nodes and properties sorted: what it says, apart from how it is laid out.</summary>
    private static string Sorted(byte[] blob) => Encoding.UTF8.GetString(
        ForeignTool.Run("dtc", ["-q", "-s", "-I", "dtb", "-O", "dts", "-"], blob));

    private static List<string> Boards(string flavour)
    {
        string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        string folder = Path.Combine(cache, "baton", "kernels", flavour);
        string? boards = Directory.Exists(folder)
            ? Directory.EnumerateDirectories(folder, "usr/lib/linux-image-*").FirstOrDefault()
            : null;
        Assert.SkipWhen(boards is null, $"no device trees under {folder}: run tools/fetch-kernels {flavour}");
        return [.. Directory.EnumerateFiles(boards!, "*.dtb*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
    }
}
