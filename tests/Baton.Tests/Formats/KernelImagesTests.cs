using System.Globalization;
using System.Text;
using System.Text.Json;
using Baton.Bytes;
using Baton.Compression;
using Baton.Formats;
using Baton.Formats.Arm64Image;
using Baton.Formats.BzImage;
using Baton.Formats.Compression;
using Baton.Formats.Elf;
using Baton.Formats.Pe;
using Baton.Handoffs;
using Baton.Linux.Files;
using Baton.Memory;
using Baton.Reports;

namespace Baton.Tests.Formats;

/// <summary>What a file turns out to be, and what is said of one that is not read.</summary>
public sealed class KernelImagesTests
{
    public static TheoryData<int, string> Foreign => Vectors.Lines("foreign-formats.txt");

    [Fact]
    public void A_bzImage_is_described()
    {
        KernelImage kernel = KernelImages.Open(TestImages.Source(TestImages.BzImage()));
        Assert.Equal(("bzImage", Architecture.X64, "2.15"), (kernel.Format, kernel.Architecture, kernel.ProtocolVersion));
        Assert.Equal(TestImages.Version, kernel.Version);
        Assert.Equal(
            ["32-bit load address + 0x0", "64-bit load address + 0x200",
             "EFI handover, 32-bit load address + 0x220", "EFI handover, 64-bit load address + 0x420"],
            kernel.EntryPoints.Select(e => e.ToString()));
        Assert.True(kernel.Rules.Relocatable);
        Assert.Equal(new PhysicalAddress(ulong.MaxValue), kernel.Rules.Max);
        Assert.Equal(2047u, kernel.CommandLineLimit);
        Assert.Equal((uint)TestImages.Elf().Length, kernel.Payload!.UnpackedSize);
        Assert.IsType<BzImageFile>(kernel.Details);
    }

    [Fact]
    public void A_bzImage_without_a_64_bit_entry_point_is_no_amd64_kernel()
    {
        byte[] image = TestImages.BzImage();
        SetupFields.Xloadflags.Write(image, 0);
        KernelImage kernel = KernelImages.Open(TestImages.Source(image));
        Assert.Equal(Architecture.X86, kernel.Architecture);
        Assert.Contains(kernel.Findings, f => f.Id == "no-64-bit-entry");
        Assert.Equal(PhysicalAddress.FourGiB, kernel.Rules.Max);
    }

    [Fact]
    public void A_vmlinux_is_described()
    {
        KernelImage kernel = KernelImages.Open(TestImages.Source(TestImages.Elf()));
        Assert.Equal(("ELF64", Architecture.X64), (kernel.Format, kernel.Architecture));
        Assert.Equal($"Linux {TestImages.Version}", kernel.Version);
        Assert.Equal(["e_entry 0x1000100", "PVH, 32-bit 0x1000150"], kernel.EntryPoints.Select(e => e.ToString()));
        Assert.Equal(0x10_8000UL, kernel.MemorySize);
        Assert.Equal(0x300, kernel.LoadedLength);
    }

    [Fact]
    public void An_arm64_image_is_described()
    {
        KernelImage kernel = KernelImages.Open(TestImages.Source(TestImages.Arm64Image()));
        Assert.Equal(("Image", "Image", Architecture.Arm64), (kernel.Format, kernel.FormatText, kernel.Architecture));
        Assert.Equal($"Linux {TestImages.Version}", kernel.Version);
        Assert.Equal(
            ["Image load address + 0x0", "EFI, PE load address + 0x1000"], kernel.EntryPoints.Select(e => e.ToString()));
        Assert.Null(kernel.Rules.PreferredAddress);
        Assert.Equal((true, 0x20_0000UL), (kernel.Rules.Relocatable, kernel.Rules.Alignment));
        Assert.Equal((0x400L, 0x20_0000UL), (kernel.LoadedLength, kernel.MemorySize));
        Assert.Empty(kernel.Wrappings);
        Assert.NotNull(kernel.Arm64Image);
    }

    [Theory]
    [InlineData("gzip", "Image in gzip data")]
    [InlineData("xz", "Image in xz data")]
    [InlineData("zboot", "Image in an EFI zboot image (zstd)")]
    [InlineData("uki", "Image in a UKI")]
    [InlineData("zboot uki", "Image in an EFI zboot image (zstd) in a UKI")]
    [InlineData("gzip uki", "Image in gzip data in a UKI")]
    [InlineData("gzip zboot uki", "Image in gzip data in an EFI zboot image (zstd) in a UKI")]
    public void A_wrapped_kernel_is_described_with_its_wrappings(string wrappings, string text)
    {
        byte[] image = TestImages.Arm64Image();
        foreach (string wrapping in wrappings.Split(' '))
        {
            image = wrapping switch
            {
                "gzip" => TestImages.Gzip(image),
                "xz" => CompressionTests.Pack(CompressionKind.Xz, image),
                "zboot" => TestPe.Zboot("zstd22", CompressionTests.Pack(CompressionKind.Zstd, image), image.Length),
                _ => TestImages.Uki(image),
            };
        }

        ArraySource source = TestImages.Source(image);
        KernelImage kernel = KernelImages.Open(source, new Codecs());
        Assert.Equal(("Image", text), (kernel.Format, kernel.FormatText));
        Assert.Same(source, kernel.Source);
        Assert.Equal(TestImages.Arm64Image(), kernel.Arm64Image!.Source.ReadAll(1 << 20));
        Assert.Equal(wrappings.EndsWith("uki", StringComparison.Ordinal), kernel.Uki is not null);
        ReportSection first = KernelReport.Of(kernel).Sections[0];
        Assert.Equal(["format", text], first.Rows[0]);
        Assert.Equal(kernel.Wrappings.Count, Json(kernel).GetProperty("wrappings").GetArrayLength());
    }

    [Fact]
    public void A_bzImage_in_a_UKI_is_described_as_a_bzImage()
    {
        KernelImage kernel = KernelImages.Open(TestImages.Source(TestImages.Uki(TestImages.BzImage(), PeMachine.X64)));
        Assert.Equal(("bzImage in a UKI", Architecture.X64), (kernel.FormatText, kernel.Architecture));
        Assert.Equal("console=ttyAMA0 quiet", kernel.Uki!.CommandLine);
        Assert.IsType<SourceSlice>(kernel.BzImage!.Source);
        Assert.Contains(kernel.Findings, f => f.Id == "pe-unsigned");
    }

    [Fact]
    public void The_place_of_a_payload_counts_from_the_file_that_is_named()
    {
        byte[] uki = TestImages.Uki(TestImages.BzImage(), PeMachine.X64);
        KernelImage kernel = KernelImages.Open(TestImages.Source(uki));
        long offset = kernel.Uki!.Section(".linux")!.Offset + TestImages.KernelOffset + TestImages.PayloadOffset;
        Assert.Equal([0x1f, 0x8b], uki[(int)offset..((int)offset + 2)]);
        Assert.Contains($" at 0x{offset:x} of the file, unpacks to ", PayloadRow(kernel), StringComparison.Ordinal);
        Assert.Equal(offset, Json(kernel).GetProperty("payload").GetProperty("offset").GetInt64());
        ReportSection header = Assert.Single(KernelReport.Of(kernel).Sections, s => s.Title == "Setup header");
        Assert.Equal("at 0x640 of the bzImage", Assert.Single(header.Rows, r => r[0] == "payload_offset")[3]);
        Assert.Equal(
            "protected-mode code at 0x400 of the bzImage", Assert.Single(header.Rows, r => r[0] == "setup_sects")[3]);

        byte[] image = TestImages.Arm64Image();
        uki = TestImages.Uki(TestPe.Zboot("gzip", TestImages.Gzip(image), image.Length));
        kernel = KernelImages.Open(TestImages.Source(uki), new Codecs());
        offset = kernel.Uki!.Section(".linux")!.Offset + 0x200;
        Assert.Equal([0x1f, 0x8b], uki[(int)offset..((int)offset + 2)]);
        Assert.Contains($" at 0x{offset:x} of the file, unpacks to ", PayloadRow(kernel), StringComparison.Ordinal);
    }

    [Fact]
    public void A_payload_in_what_was_unpacked_is_nowhere_in_the_file()
    {
        byte[] image = TestImages.BzImage();
        KernelImage kernel = KernelImages.Open(
            TestImages.Source(TestPe.Zboot("gzip", TestImages.Gzip(image), image.Length)), new Codecs());
        Assert.Equal("bzImage in an EFI zboot image (gzip)", kernel.FormatText);
        Assert.Equal(JsonValueKind.Null, Json(kernel).GetProperty("payload").GetProperty("offset").ValueKind);
        string[] rows = [.. KernelReport.Of(kernel).Sections[0].Rows.Where(row => row[0] == "payload").Select(row => row[1])];
        Assert.Contains(" at 0x200 of the file, ", rows[0], StringComparison.Ordinal);
        Assert.DoesNotContain(" at 0x", rows[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Wrappings_without_end_and_wrappings_around_nothing_are_refused()
    {
        byte[] image = TestImages.Arm64Image();
        for (int i = 0; i < 5; i++)
        {
            image = TestImages.Uki(image);
        }

        Assert.Contains("more than 4 wrappings", Refusal(image), StringComparison.Ordinal);
        Assert.Contains(
            "test: .linux+0x0 (format): found a cpio archive",
            Refusal(TestImages.Uki(TestImages.Cpio())),
            StringComparison.Ordinal);
        Assert.Contains(
            "zstd: no codec in this build",
            Assert.Throws<ImageFormatException>(() => KernelImages.Open(TestImages.Source(
                TestPe.Zboot("zstd22", CompressionTests.Pack(CompressionKind.Zstd, image), image.Length)))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_has_every_field_of_the_image_header_and_every_section_of_the_UKI()
    {
        KernelImage kernel = KernelImages.Open(TestImages.Source(TestImages.Uki(TestImages.Arm64Image())));
        Report report = KernelReport.Of(kernel);
        ReportSection header = Assert.Single(report.Sections, s => s.Title == "Image header");
        Assert.Equal(Arm64ImageFields.All.Select(f => f.Name), header.Rows.Select(r => r[0]));
        Assert.Equal(
            ["flags", "0x18", "0x000000000000000a", "little-endian, 4 KiB pages, anywhere in memory"], header.Rows[4]);
        ReportSection sections = Assert.Single(report.Sections, s => s.Title == "UKI sections");
        Assert.Equal(kernel.Uki!.Sections.Select(s => s.Name), sections.Rows.Select(r => r[0]));
        JsonElement json = Json(kernel);
        Assert.Equal("0x200000", json.GetProperty("image_header").GetProperty("image_size").GetString());
        Assert.Equal("Test 1", json.GetProperty("uki").GetProperty("os").GetString());
        Assert.Equal(8, json.GetProperty("uki").GetProperty("sections").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("load").GetProperty("preferred_address").ValueKind);
    }

    [Theory]
    [InlineData("cloud-arm64")]
    [InlineData("arm64")]
    public void An_arm64_kernel_of_the_distribution_is_read_also_packed(string flavour)
    {
        string file = RealKernel(flavour);
        using FileSource source = FileSource.Open(file);
        KernelImage kernel = KernelImages.Open(source, new Codecs());
        Assert.Matches($@"^Linux \d[\d.]+-\d+-{flavour} \(", kernel.Version);
        Arm64ImageFile image = kernel.Arm64Image!;
        string theirs = Encoding.UTF8.GetString(ForeignTool.Run("file", ["-bL", file]));
        Assert.Contains(
            (image.Header.BigEndian, image.Header.PageSize) switch
            {
                (false, Arm64PageSize.Kib4) => "little-endian, 4K pages",
                (false, Arm64PageSize.Kib16) => "little-endian, 16K pages",
                (false, Arm64PageSize.Kib64) => "little-endian, 64K pages",
                _ => "big-endian",
            },
            theirs,
            StringComparison.Ordinal);
        Assert.Equal(source.Length, image.Pe!.Signature!.End);
        Assert.Equal([".text", ".data"], image.Pe.Sections.Select(s => s.Name));
        Assert.InRange(kernel.MemorySize, (ulong)kernel.LoadedLength, 64UL << 20);

        byte[] bytes = File.ReadAllBytes(file);
        byte[] packed = ForeignTool.Run("zstd", ["-q", "-1", "-"], bytes);
        KernelImage zboot = KernelImages.Open(
            TestImages.Source(TestImages.Uki(TestPe.Zboot("zstd22", packed, bytes.Length))), new Codecs());
        Assert.Equal("Image in an EFI zboot image (zstd) in a UKI", zboot.FormatText);
        Assert.Equal((kernel.Version, kernel.MemorySize), (zboot.Version, zboot.MemorySize));
    }

    [Fact]
    public void The_architecture_of_an_elf_file_is_told_apart()
    {
        Assert.Equal(
            Architecture.Arm64,
            KernelImages.Open(TestImages.Source(TestImages.Elf(ElfMachine.AArch64))).Architecture);
        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => KernelImages.Open(TestImages.Source(TestImages.Elf(ElfMachine.RiscV))));
        Assert.Equal(ImageError.WrongArchitecture, e.Error);
        Assert.Contains("RiscV", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Foreign))]
    public void What_is_not_read_is_refused_by_its_name(int line, string vector)
    {
        string?[] fields = Vectors.Fields(vector);
        byte[] image = new byte[0x200];
        foreach (string patch in fields[0]!.Split(' '))
        {
            string[] sides = patch.Split(':');
            int offset = int.Parse(sides[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            Convert.FromHexString(sides[1]).CopyTo(image, offset);
        }

        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => KernelImages.Open(TestImages.Source(image), new Codecs()));
        Assert.True(
            e.Error.ToString() == fields[1] && e.Message.Contains(fields[2]!, StringComparison.Ordinal),
            $"line {line}: {e.Error}: {e.Message}");
    }

    [Fact]
    public void An_empty_file_and_one_of_noise_say_what_was_found_and_expected()
    {
        Assert.Equal(
            "test+0x0 (format): found an empty file, expected a Linux bzImage, a 64-bit ELF file such as vmlinux, "
            + "an arm64 Image (also packed, or as EFI zboot), or a UKI of these",
            Refusal([]));
        Assert.Equal(
            "test+0x0 (format): found 3 bytes that start with 010203, "
            + "expected a Linux bzImage, a 64-bit ELF file such as vmlinux, "
            + "an arm64 Image (also packed, or as EFI zboot), or a UKI of these",
            Refusal([1, 2, 3]));
    }

    [Fact]
    public void A_packed_kernel_is_called_so()
    {
        Assert.Contains(
            "found gzip data with a Linux bzImage inside; it must be unpacked",
            Refusal(TestImages.Gzip(TestImages.BzImage())),
            StringComparison.Ordinal);
        Assert.Contains(
            "found gzip data with a cpio archive: an initrd, not a kernel inside",
            Refusal(TestImages.Gzip(TestImages.Cpio())),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Corrupt_kernels_raise_nothing_but_the_format_exception_and_can_be_reported()
    {
        byte[] arm64 = TestImages.Arm64Image();
        byte[] zboot = TestPe.Zboot("gzip", TestImages.Gzip(arm64), arm64.Length);
        foreach (byte[] image in (byte[][])
            [TestImages.BzImage(), TestImages.Elf(), arm64, TestImages.Gzip(arm64), zboot, TestImages.Uki(arm64),
             TestImages.Uki(zboot)])
        {
            Random random = new(7);
            for (int i = 0; i < 5000; i++)
            {
                byte[] damaged = (byte[])image.Clone();
                damaged[random.Next(Math.Min(0x270, image.Length))] = (byte)random.Next(256);
                damaged[random.Next(image.Length)] = (byte)random.Next(256);
                try
                {
                    KernelImage kernel = KernelImages.Open(TestImages.Source(damaged), new Codecs());
                    EveryMember.Read(kernel);
                    EveryMember.Read(KernelReport.Of(kernel));
                    _ = Json(kernel);
                }
                catch (ImageFormatException)
                {
                }
            }
        }
    }

    [Fact]
    public void Noise_is_never_read()
    {
        Random random = new(3);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] noise = new byte[random.Next(300)];
            random.NextBytes(noise);
            Assert.Throws<ImageFormatException>(() => KernelImages.Open(TestImages.Source(noise)));
        }
    }

    [Fact]
    public void The_report_has_every_field_of_the_setup_header()
    {
        KernelImage kernel = KernelImages.Open(TestImages.Source(TestImages.BzImage(0x20c)));
        ReportSection section = Assert.Single(KernelReport.Of(kernel).Sections, s => s.Title == "Setup header");
        Assert.Equal(SetupFields.All.Select(f => f.Name), section.Rows.Select(r => r[0]));
        Assert.Equal(
            ["pref_address", "0x258", "0x0000000001000000", "where it wants to run"],
            Assert.Single(section.Rows, r => r[0] == "pref_address"));
        Assert.Equal(
            ["kernel_info_offset", "0x268", "-", "since boot protocol 2.15"],
            Assert.Single(section.Rows, r => r[0] == "kernel_info_offset"));
        JsonElement json = Json(kernel);
        Assert.Equal("0x1000000", json.GetProperty("setup_header").GetProperty("pref_address").GetString());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("setup_header").GetProperty("kernel_info_offset").ValueKind);
    }

    [Theory]
    [InlineData("cloud-amd64")]
    [InlineData("amd64")]
    public void A_kernel_of_the_distribution_is_read_and_unpacked(string flavour)
    {
        string file = RealKernel(flavour);
        using FileSource source = FileSource.Open(file);
        KernelImage kernel = KernelImages.Open(source, new Codecs());
        Assert.Contains(flavour, kernel.Version, StringComparison.Ordinal);
        Assert.Equal(Architecture.X64, kernel.Architecture);
        Assert.Contains(kernel.BzImage!.Findings, f => f.Id == "pe-signature");
        Assert.True(BzImageChecksum.Holds(kernel.BzImage));
        using MemoryStream unpacked = new();
        kernel.Payload!.Extract(unpacked, new Codecs());
        KernelImage inner = KernelImages.Open(TestImages.Source(unpacked.ToArray()));
        Assert.Equal("ELF64", inner.Format);
        Assert.StartsWith($"Linux {kernel.Version!.Split(' ')[0]} ", inner.Version, StringComparison.Ordinal);
        Assert.NotNull(inner.Elf!.PvhEntry);
        Assert.Equal(kernel.Rules.PreferredAddress, inner.Rules.PreferredAddress);
    }

    private static string RealKernel(string flavour)
    {
        string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        string folder = Path.Combine(cache, "baton");
        string? file = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "vmlinuz-*", SearchOption.AllDirectories)
                .Where(f => System.Text.RegularExpressions.Regex.IsMatch(f, $@"vmlinuz-[\d.]+-\d+-{flavour}$"))
                .Order(StringComparer.Ordinal)
                .FirstOrDefault()
            : null;
        Assert.SkipWhen(file is null, $"no kernel of the flavour {flavour} under {folder}");
        return file!;
    }

    private static string PayloadRow(KernelImage kernel) =>
        Assert.Single(KernelReport.Of(kernel).Sections[0].Rows, row => row[0] == "payload")[1];

    private static JsonElement Json(KernelImage kernel)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            KernelJson.Write(json, kernel);
            json.WriteEndObject();
        }

        return JsonDocument.Parse(Encoding.UTF8.GetString(buffer.ToArray())).RootElement;
    }

    private static string Refusal(byte[] bytes) => Assert.Throws<ImageFormatException>(
        () => KernelImages.Open(TestImages.Source(bytes), new Codecs())).Message;
}
