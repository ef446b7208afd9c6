using System.Text;
using System.Text.RegularExpressions;
using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Handoffs;
using Baton.Linux.Files;
using Baton.Linux.Kexec;
using Baton.Memory;
using Baton.Packs;
using Baton.Tests.Formats;
using Baton.Tests.Proofs.Arm64;
using Baton.Tests.Trampolines;
using Baton.Trampolines;

namespace Baton.Tests.Packs;

/// <summary>The ELF file of a packed handoff, read back by us and by binutils.</summary>
public sealed partial class HandoffPackTests(ITestOutputHelper output)
{
    private const int PageSize = 4096;

    [Theory]
    [InlineData(Architecture.X64)]
    [InlineData(Architecture.Arm64)]
    public void The_program_is_smaller_than_8_KiB_with_the_most_that_it_can_hold(Architecture architecture)
    {
        HandoffPack usual = HandoffPack.Build(Some(architecture, 4), Fingerprint(3));
        HandoffPack largest = HandoffPack.Build(
            Some(architecture, KexecLimits.MaxSegments), Fingerprint(MachineFingerprint.MaxRanges));
        output.WriteLine($"{architecture}: {usual.ProgramSize} bytes, at most {largest.ProgramSize}");
        Assert.InRange(usual.ProgramSize, 1, largest.ProgramSize);
        Assert.InRange(largest.ProgramSize, 1, 8191);
    }

    /// <summary>
    /// Linux on arm64 has four segments, and its tree at most six properties that lead to the firmware; FreeBSD wants ACPI's
    /// address besides.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_program_is_usually_smaller_than_8_KiB_with_all_that_UEFI_on_arm64_takes(bool isFreeBsd)
    {
        Handoff[] places = PlacesOnUefi(isFreeBsd);
        HandoffPack usual = HandoffPack.Build(places[0], Fingerprint(3), places[1..]);
        HandoffPack largest = HandoffPack.Build(places[0], Fingerprint(MachineFingerprint.MaxRanges), places[1..]);
        output.WriteLine($"Arm64 with UEFI: {usual.ProgramSize} bytes, at most {largest.ProgramSize}");
        Assert.InRange(usual.ProgramSize, 1, HandoffPack.UsualLimit);
        Assert.InRange(largest.ProgramSize, usual.ProgramSize, HandoffPack.ProgramLimit);
        byte[] bytes = BytesOf(largest);
        ElfSegment payload = ElfFile.Open(new ArraySource(bytes, "handoff")).LoadSegments.Skip(1).First();
        Assert.Equal(largest.ProgramSize > HandoffPack.UsualLimit ? HandoffPack.ProgramLimit : HandoffPack.UsualLimit,
            payload.Offset);
        Assert.Equal(payload.VirtualAddress % 0x1_0000, (ulong)payload.Offset % 0x1_0000);
    }

    [Theory]
    [InlineData(Architecture.X64, 62)]
    [InlineData(Architecture.Arm64, 183)]
    public void Our_reader_and_readelf_agree_on_the_file(Architecture architecture, int machine)
    {
        HandoffPack pack = HandoffPack.Build(Some(architecture, 3), Fingerprint(2));
        byte[] bytes = BytesOf(pack);
        ElfFile file = ElfFile.Open(new ArraySource(bytes, "handoff"));
        Assert.Equal((ElfType.Executable, machine), (file.Type, (int)file.Machine));
        ElfSegment[] loads = [.. file.LoadSegments];
        Assert.Equal(2, loads.Length);
        Assert.Equal(
            [ElfSegmentFlags.Read | ElfSegmentFlags.Execute, ElfSegmentFlags.Read], loads.Select(load => load.Flags));
        Assert.True(loads[0].ContainsVirtual(file.Entry));
        Assert.Equal(pack.ProgramSize, loads[0].FileSize);
        Assert.Equal(bytes.Length, loads[1].Offset + loads[1].FileSize);

        // The largest page of arm64 is 64 KiB: no such page may belong to both.
        const ulong LargestPage = 0x1_0000;
        Assert.All(loads, load => Assert.Equal(load.VirtualAddress % LargestPage, (ulong)load.Offset % LargestPage));
        Assert.NotEqual((loads[0].VirtualAddress + loads[0].MemorySize) / LargestPage, loads[1].VirtualAddress / LargestPage);
        Assert.Equal(0, loads[1].Offset % PageSize);

        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        File.WriteAllBytes(folder.File("handoff"), bytes);
        string listing = Encoding.UTF8.GetString(ForeignTool.Run("readelf", ["-hlW", folder.File("handoff")]));
        Assert.Contains("EXEC (Executable file)", listing, StringComparison.Ordinal);
        Assert.DoesNotContain("Warning", listing, StringComparison.Ordinal);
        Assert.Contains($"Entry point address:               0x{file.Entry:x}", listing, StringComparison.Ordinal);
        string[] expected =
        [
            .. loads.Select(load =>
                $"LOAD 0x{load.Offset:x6} 0x{load.VirtualAddress:x16} 0x{load.FileSize:x6} 0x{load.MemorySize:x6} "
                + (load == loads[0] ? "R E" : "R")),
        ];
        string[] read =
        [
            .. LoadLine().Matches(listing).Select(m =>
                $"LOAD {m.Groups[1].Value} {m.Groups[2].Value} {m.Groups[3].Value} {m.Groups[4].Value} "
                + m.Groups[5].Value.Trim()),
        ];
        Assert.Equal(expected, read);
    }

    [Fact]
    public void The_payload_is_what_the_plan_says_and_each_segment_starts_a_page()
    {
        Handoff handoff = Some(Architecture.X64, 5);
        byte[] bytes = BytesOf(HandoffPack.Build(handoff, Fingerprint(1)));
        int offset = HandoffPack.UsualLimit;
        foreach (Segment segment in handoff.Segments)
        {
            byte[] content = new byte[segment.Content.Length];
            segment.Content.Read(0, content);
            Assert.Equal(content, bytes[offset..(offset + content.Length)]);
            offset += (content.Length + PageSize - 1) / PageSize * PageSize;
        }
    }

    [Fact]
    public void Every_instruction_of_the_x64_program_is_one()
    {
        HandoffPack pack = HandoffPack.Build(Some(Architecture.X64, 2), Fingerprint(2));
        byte[] code = BytesOf(pack)[pack.Instructions];
        IReadOnlyDictionary<int, (string Text, int Length)> lines = Disassemblers.Objdump(code, CodeBits.Bits64);
        Assert.Equal(code.Length, lines.Values.Sum(line => line.Length));
        Assert.DoesNotContain(lines.Values, line => line.Text.Contains("bad", StringComparison.Ordinal));
        Assert.Contains(lines.Values, line => line.Text == "syscall");
    }

    [Fact]
    public void Every_instruction_of_the_arm64_program_is_one()
    {
        string?[] lines = LlvmMc.Texts([.. Arm64Programs().SelectMany(code => code)]);
        Assert.True(lines.All(line => line is not null));
        Assert.Contains("svc #0", lines);
    }

    [Fact]
    public void The_same_handoff_gives_the_same_file() =>
        Assert.Equal(
            BytesOf(HandoffPack.Build(Some(Architecture.X64, 3), Fingerprint(3))),
            BytesOf(HandoffPack.Build(Some(Architecture.X64, 3), Fingerprint(3))));

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    public void What_kexec_load_does_not_take_is_not_packed(int segments) =>
        Assert.Throws<ArgumentException>(() => HandoffPack.Build(Some(Architecture.X64, segments), Fingerprint(1)));

    [Theory]
    [InlineData("handoff: usage: handoff [-l]\n", "-x")]
    [InlineData("handoff: usage: handoff [-l]\n", "-ll")]
    [InlineData("handoff: usage: handoff [-l]\n", "-l", "-l")]
    public void Arguments_that_it_does_not_know_are_refused(string error, params string[] arguments) =>
        Assert.Equal((64, error), Run(Fingerprint(1), arguments));

    [Fact]
    public void Another_machine_is_refused_before_anything_is_asked_of_the_kernel()
    {
        // No machine has a single page of memory at 64 KiB; without CAP_SYS_ADMIN the kernel shows zeros.
        (int status, string error) = Run(Fingerprint(1));
        Assert.True(status is 69 or 71, $"status {status}: {error}");
        Assert.Matches(
            status == 71
                ? @"^handoff: /proc/iomem: EPERM \(the kernel shows no addresses: run as root\)\n$"
                : @"^handoff: /proc/iomem: System RAM \[0x[0-9a-f]+, 0x[0-9a-f]+\), recorded was \[0x10000, 0x11000\): .*\n$",
            error);
    }

    /// <summary>Runs the program here: it must come to its end before it would load anything.</summary>
    private static (int Status, string Error) Run(MachineFingerprint machine, params string[] arguments)
    {
        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        string program = folder.File("handoff");
        SegmentContent content = HandoffPack.Build(Some(Architecture.X64, 1), machine).File;
        WholeFile.At(program, []).Write(
            stream => ExecutableFile.Write(content, stream), mayReplace: false, ExecutableFile.Mode);

        // A process that is started elsewhere at this moment may hold the file open for writing; nobody holds the copy.
        string[] shell = ["-c", "cp \"$0\" \"$0.run\" && exec \"$0.run\" \"$@\"", program, .. arguments];
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("/bin/sh", shell) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }

    /// <summary>The instructions of the programs for arm64: with a device tree, with a GICv3 besides, and with UEFI.</summary>
    internal static IEnumerable<uint[]> Arm64Programs()
    {
        Handoff[] places = PlacesOnUefi(isFreeBsd: true);
        HandoffPack[] packs =
        [
            HandoffPack.Build(Some(Architecture.Arm64, 2), Fingerprint(2)),
            HandoffPack.Build(Some(Architecture.Arm64, 4) with { HasInterruptTables = true }, Fingerprint(3)),
            HandoffPack.Build(places[0], Fingerprint(3), places[1..]),
        ];
        return packs.Select(pack =>
        {
            byte[] code = BytesOf(pack)[pack.Instructions];
            return (uint[])[.. Enumerable.Range(0, code.Length / 4).Select(i => BitConverter.ToUInt32(code, i * 4))];
        });
    }

    private static Handoff[] PlacesOnUefi(bool isFreeBsd) =>
    [
        .. Enumerable.Range(0, HandoffPack.MaxPlaces).Select(_ => Some(Architecture.Arm64, 4) with
        {
            BootValues =
            [
                .. Enumerable.Range(0, 5).Select(i => new BootValue("segment2", i * 8, $"linux,uefi-mmap-desc-size{i}", 8)),
                new BootValue("segment2", 48, "linux,uefi-mmap-size", 8) { Most = isFreeBsd ? 0x3000 : null },
                .. isFreeBsd
                    ? [new BootValue("segment2", 56, "ACPI20", 8) { Source = BootValueSource.EfiSystab }]
                    : Array.Empty<BootValue>(),
            ],
        }),
    ];

    private static byte[] BytesOf(HandoffPack pack)
    {
        byte[] bytes = new byte[pack.File.Length];
        pack.File.Read(0, bytes);
        return bytes;
    }

    private static MachineFingerprint Fingerprint(int ranges) => new(RangeSet.Of(
        Enumerable.Range(1, ranges).Select(i => new PhysicalRange(new PhysicalAddress((ulong)i * 0x10000), 0x1000))));

    /// <summary>A handoff whose segments have odd lengths, holes, and room behind them.</summary>
    private static Handoff Some(Architecture architecture, int segments) => new()
    {
        Architecture = architecture,
        Protocol = "test",
        Segments =
        [
            .. Enumerable.Range(0, segments).Select(i => new Segment(
                $"segment{i}",
                new PhysicalRange(new PhysicalAddress((ulong)(i + 1) << 21), 0x10_0000),
                new SegmentContent(
                    Part(0, [1, 2, 3]), Part(100, [.. Enumerable.Repeat((byte)(0x80 | i), 1000 + (i * 777))])))),
        ],
        Entry = new PhysicalAddress(0x20_0000),
        KernelEntry = new PhysicalAddress(0x20_0000),
        CommandLine = "",
        NextMemory = MemoryMap.Empty,
        Reservations = [],
        Findings = [],
    };

    private static ContentPart Part(long offset, byte[] bytes) => new(offset, new ArraySource(bytes, "test"), 0, bytes.Length);

    [GeneratedRegex(
        @"^  LOAD +(0x[0-9a-f]+) (0x[0-9a-f]+) 0x[0-9a-f]+ (0x[0-9a-f]+) (0x[0-9a-f]+) ([RWE ]{3})", RegexOptions.Multiline)]
    private static partial Regex LoadLine();
}
