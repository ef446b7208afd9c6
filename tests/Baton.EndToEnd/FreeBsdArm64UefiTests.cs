using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using Baton.Lab;
using Baton.Probe;
using Baton.Protocols.FreeBsd;

namespace Baton.EndToEnd;

/// <summary>
/// A handover on an arm64 machine with UEFI to the FreeBSD probe, packed for a record of an earlier boot: what the kernel is
/// told of the firmware must be true of the boot that it is started in, as that boot's Linux prints it (efi=debug).
/// </summary>
public sealed partial class FreeBsdArm64UefiTests
{
    /// <summary>Names of EFI_MEMORY_TYPE as Linux prints them, in order; newer kernels print some shorter.</summary>
    private static readonly string[] Types =
    [
        "Reserved", "Loader Code", "Loader Data", "Boot Code", "Boot Data", "Runtime Code", "Runtime Data", "Conventional",
        "Unusable", "ACPI Reclaim", "ACPI Mem NVS", "MMIO ", "MMIO Port",
    ];

    [Theory]
    [InlineData(true, false, 2, 1024)]
    [InlineData(false, true, 3, 3072)]
    public void A_kernel_is_told_of_the_boot_that_it_is_started_in(bool hasAcpi, bool startsAtEl2, int gic, int memoryMiB)
    {
        using Arm64Machine machine = new(Arm64Machine.Any with
        {
            Firmware = Firmware.Uefi,
            HasAcpi = hasAcpi,
            StartsAtEl2 = startsAtEl2,
            GicVersion = gic,
            MemoryMiB = memoryMiB,
        });
        byte[] ramdisk = new byte[700_001];
        new Random(3).NextBytes(ramdisk);
        string said = machine.Pack(
            "handoff",
            machine.Write("kernel", FreeBsdArm64ProbeKernel.Build()),
            "--module", $"{machine.Write("mfsroot", ramdisk)}:md_image",
            "--env", "vfs.root.mountfrom=ufs:/dev/md0", "--boot-flags", "-v");
        Assert.Matches(@"Proof: (\d+) of \1 clauses hold", said);
        Assert.DoesNotContain("verbose-without-efi-map", said, StringComparison.Ordinal);

        string[] console = [.. machine.RunAsInit("handoff").Console.Select(line => line.Text)];
        FreeBsdProbeOutput probe = FreeBsdProbeOutput.Parse(console);
        Assert.Empty(probe.Broken);
        Assert.True(probe.IsComplete, "the probe did not come to its end:\n  | " + string.Join("\n  | ", console.TakeLast(40)));
        Assert.Equal(startsAtEl2 ? 8UL : 4UL, probe["level"]);
        Assert.Equal(ProbeChecksum.Of(ramdisk), probe.Files[1].Checksum);

        // "IBI SYST".
        Assert.Equal(0x5453_5953_2049_4249UL, probe["system_table"]);
        string[] expected = [.. console.Select(line => MapLine().Match(line)).Where(match => match.Success).Select(match =>
            $"{match.Groups[1].Value}-{match.Groups[2].Value} {TypeOf(match.Groups[3].Value)}")];
        Assert.True(expected.Length > 10, $"{expected.Length} lines of the EFI memory map");
        Assert.Equal(expected, Descriptors(probe.Records.First(record => record.Type == ModInfo.Arm64EfiMap).Payload));

        string? rsdp = console.Select(line => RsdpLine().Match(line)).FirstOrDefault(match => match.Success)?.Groups[1].Value;
        string[] told = [.. probe.Environment.Where(line => line.Contains("rsdp=", StringComparison.Ordinal))];
        Assert.Equal(hasAcpi, rsdp is not null);
        Assert.Equal(
            hasAcpi ? [$"acpi.rsdp=0x{rsdp!.PadLeft(16, '0')}", $"hint.acpi.0.rsdp=0x{rsdp.PadLeft(16, '0')}"] : [], told);
        Assert.Equal(hasAcpi, probe.Tree is null);
    }

    private static int TypeOf(string name) => Array.FindIndex(Types, type => name.StartsWith(type, StringComparison.Ordinal));

    private static IEnumerable<string> Descriptors(byte[] map)
    {
        int size = (int)BinaryPrimitives.ReadUInt64LittleEndian(map);
        int stride = (int)BinaryPrimitives.ReadUInt64LittleEndian(map.AsSpan(8));
        Assert.Equal(1UL, BinaryPrimitives.ReadUInt64LittleEndian(map.AsSpan(16)));
        Assert.InRange(size, stride, map.Length - 32);
        for (int at = 32; at < 32 + size; at += stride)
        {
            ulong start = BinaryPrimitives.ReadUInt64LittleEndian(map.AsSpan(at + 8));
            ulong end = start + (BinaryPrimitives.ReadUInt64LittleEndian(map.AsSpan(at + 24)) * 4096) - 1;
            yield return string.Create(
                CultureInfo.InvariantCulture, $"{start:x12}-{end:x12} {BinaryPrimitives.ReadUInt32LittleEndian(map.AsSpan(at))}");
        }
    }

    [GeneratedRegex(@"efi:   0x([0-9a-f]{12})-0x([0-9a-f]{12}) \[([^|]+)\|")]
    private static partial Regex MapLine();

    [GeneratedRegex(@"efi: .*ACPI 2\.0=0x([0-9a-f]+)")]
    private static partial Regex RsdpLine();
}
