using System.Buffers.Binary;
using System.Globalization;
using Baton.Bytes;
using Baton.Lab;
using Baton.Probe;

namespace Baton.EndToEnd;

/// <summary>
/// A handover to the probe in place of a kernel: what the processor and the memory really are at the next kernel's
/// first instruction, against Documentation/arch/x86/boot.rst, "64-bit Boot Protocol".
/// </summary>
public sealed class ProbeHandoverTests
{
    private const string Line = "console=ttyS0 words=\"two words\" last=1";
    private const int La57 = 12;
    private const ulong LongModeActive = 1 << 10;
    private const int RngSeed = 9;
    private const int Efi = 4;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [Theory]
    [InlineData("max", true, 512, "")]
    [InlineData("max", false, 512, "")]
    [InlineData("max,la57=off", true, 512, "")]
    [InlineData("max,la57=off,pdpe1gb=off", false, 512, "")]
    [InlineData("max", false, 6144, "--place kernel=0x140000000 --place initrd=0x150000000")]
    public void The_next_kernel_finds_what_its_protocol_demands(
        string processor, bool takes5Level, int memory, string places)
    {
        Found found = Run(processor, takes5Level, memory, places, Firmware.Bios);
        CheckProcessor(found, takes5Level);
        CheckMemory(found);
        Assert.Equal([RngSeed], SetupDataTypes(found.Probe));
        if (places.Length > 0)
        {
            Assert.Equal(0x1_4000_0200UL, found.Probe["rip"]);
            Assert.Equal(0x1_5000_0000UL, found.Probe["initrd"]);
        }
    }

    [Fact]
    public void Under_UEFI_it_finds_the_firmware_too()
    {
        Found found = Run("max", takes5Level: false, memory: 1024, "", Firmware.Uefi);
        CheckProcessor(found, takes5Level: false);
        CheckMemory(found);
        Assert.Equal([Efi, RngSeed], SetupDataTypes(found.Probe));
        Assert.Equal("EL64"u8, found.Probe.BootParams.AsSpan(0x1C0, 4));
    }

    private static void CheckProcessor(Found found, bool takes5Level)
    {
        ProbeOutput probe = found.Probe;
        Assert.Equal((0x10UL, 0x18UL, 0x18UL, 0x18UL), (probe["cs"], probe["ds"], probe["es"], probe["ss"]));
        Assert.Equal(2UL, probe["rflags"]);
        Assert.Equal(LongModeActive, probe["efer"] & LongModeActive);
        Assert.Equal(0x8000_0031UL, probe["cr0"]);
        bool levels5 = found.HasLa57 && takes5Level;
        Assert.Equal((levels5 ? 1UL << La57 : 0) | 0x20, probe["cr4"] & ~0x40UL);
        Assert.InRange(probe["gdtr_limit"], 0x1FUL, 0xFFFFUL);
        foreach (string register in new[]
        {
            "rax", "rbx", "rcx", "rdx", "rdi", "rbp",
            "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
        })
        {
            Assert.Equal((register, 0UL), (register, probe[register]));
        }
    }

    private static void CheckMemory(Found found)
    {
        ProbeOutput probe = found.Probe;
        Assert.Equal(0x200UL, probe["rip"] & 0x1F_FFFF);
        Assert.Equal(0x5A5A_A5A5UL, probe["init_size_written"]);
        Assert.Equal(Line, probe.CommandLine);
        Assert.Equal((ulong)found.Initrd.Length, probe["initrd_size"]);
        Assert.Equal(ProbeChecksum.Of(found.Initrd), probe["initrd_checksum"]);
        Assert.Equal(found.Witness.FirmwareMemmap, E820(probe.BootParams));

        // The header up to its end is the image's, but for the fields that the loader must write.
        byte[] header = probe.BootParams[0x1F1..0x26C];
        byte[] image = found.Image[0x1F1..0x26C];
        foreach ((int offset, int length) in new[]
        {
            (0x210, 2), (0x214, 4), (0x218, 8), (0x224, 8), (0x1FA, 2), (0x250, 8),
        })
        {
            header.AsSpan(offset - 0x1F1, length).Clear();
            image.AsSpan(offset - 0x1F1, length).Clear();
        }

        Assert.Equal(image, header);
    }

    private static Found Run(string processor, bool takes5Level, int memory, string places, Firmware firmware)
    {
        byte[] image = new ProbeKernel { Takes5Level = takes5Level }.Build();
        byte[] initrd = new byte[3_000_003];
        new Random(1).NextBytes(initrd);
        Initramfs initramfs = Guests.With($"""
            witness a
            try load baton load /next/probe --initrd /next/initrd --carrier kexec-load {places} --command-line '{Line}'
            baton exec --now
            """)
            .AddHostFile("bin/baton", Repository.Binary)
            .Add("next/probe", new ArraySource(image, "probe"))
            .Add("next/initrd", new ArraySource(initrd, "initrd"));
        VirtualMachine machine = new()
        {
            Kernel = DebianKernel.Cloud.Image,
            Initramfs = initramfs,
            CommandLine = $"{Guests.Line} quiet",
            MemoryMiB = memory,
            ProcessorModel = processor,
            Firmware = firmware,
            HasDataPort = true,
            HasDebugExit = true,
        };
        using RunningMachine running = machine.Start(Limit);
        int status = running.WaitForEnd(Limit + TimeSpan.FromSeconds(30));
        ScenarioResult result = new(running.Console.Lines, new Frames(running.ReadData()));
        TriedCommand load = result.Frames.Tried("load");
        Assert.True(load.Status == 0, $"baton load: status {load.Status}\n{load.Output}\n{load.Error}");
        Assert.True(
            status == ProbeKernel.ExitStatus,
            $"status {status}; the console's last lines:\n  | " + string.Join("\n  | ", result.Console.TakeLast(30)));
        ProbeOutput probe = ProbeOutput.Parse(result.Console.Select(line => line.Text));
        Assert.True(probe.IsComplete);
        return new Found(probe, result.Witness("a"), image, initrd);
    }

    private static IEnumerable<int> SetupDataTypes(ProbeOutput probe) =>
        probe.SetupData.Select(node => BinaryPrimitives.ReadInt32LittleEndian(probe.Read(node + 8, 4)));

    /// <summary>e820_table as lines like those of /sys/firmware/memmap, by a reader of its own.</summary>
    private static IEnumerable<string> E820(byte[] bootParams)
    {
        string[] types =
        [
            "", "System RAM", "Reserved", "ACPI Tables", "ACPI Non-volatile Storage",
        ];
        for (int i = 0; i < bootParams[0x1E8]; i++)
        {
            ReadOnlySpan<byte> entry = bootParams.AsSpan(0x2D0 + (20 * i), 20);
            ulong start = BinaryPrimitives.ReadUInt64LittleEndian(entry);
            ulong last = start + BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]) - 1;
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]);
            yield return string.Create(CultureInfo.InvariantCulture, $"0x{start:x}-0x{last:x} {types[type]}");
        }
    }

    /// <summary>What came of a run.</summary>
    private sealed record Found(ProbeOutput Probe, Witness Witness, byte[] Image, byte[] Initrd)
    {
        public bool HasLa57 => Witness.Machine.Processor.La57;
    }
}
