using System.Security.Cryptography;
using Baton.Bytes;
using Baton.Lab;

namespace Baton.EndToEnd;

/// <summary>Handoffs that are planned here, packed, and carried out elsewhere by nothing but the packed program.</summary>
public sealed class PackTests
{
    [Theory]
    [InlineData(Firmware.Bios, false)]
    [InlineData(Firmware.Uefi, true)]
    public void The_only_file_of_an_initramfs_hands_over_to_the_next_kernel(Firmware firmware, bool isUnified)
    {
        using PackedMachine machine = new(firmware, isUnified);
        Assert.Matches(@"Proof: (\d+) of \1 clauses hold", machine.Said);
        Assert.Matches(@"program [4-7],\d{3} bytes, payload [\d,]+ bytes in \d segments", machine.Said);
        ScenarioResult result = machine.RunAsInit();
        Witness next = result.Witness("b");
        Assert.Equal(DebianKernel.Generic.Release, next.Machine.Kernel.Release);
        Assert.Equal(PackedMachine.NextCommandLine, next.CommandLine);
        Assert.Equal(machine.Before.FirmwareMemmap, next.FirmwareMemmap);
        Assert.Equal(machine.Before.AcpiTables, next.AcpiTables);
        Assert.Equal(machine.Before.Machine.SystemRam, next.Machine.SystemRam);
        Assert.Equal(machine.Before.Machine.Efi?.SystemTable, next.Machine.Efi?.SystemTable);
        Assert.Equal(
            machine.Next.Files.ToDictionary(file => file.Key, file => Sha256(file.Value)), next.Checksums);
    }

    [Fact]
    public void What_is_not_as_recorded_or_not_allowed_is_told_in_one_line()
    {
        using PackedMachine machine = new(Firmware.Bios);
        CheckOtherMemory(machine);
        ScenarioResult result = machine.Scenario(WithProgram(machine, """
            try nobody su nobody -c /handoff
            try words /handoff --load
            umount /proc
            try load /handoff -l
            cat /sys/kernel/kexec_loaded >/tmp/loaded
            send loaded /tmp/loaded
            [ -e /proc/iomem ] || mount -t proc proc /proc
            echo 1 >/proc/sys/kernel/kexec_load_disabled
            try disabled /handoff
            mkdir -p /empty && cp /handoff /empty/init
            unshare -p -f chroot /empty /init
            """)).Run();
        Assert.Equal(
            new TriedCommand(71, "", "handoff: /proc/iomem: EPERM (the kernel shows no addresses: run as root)"),
            result.Frames.Tried("nobody"));
        Assert.Equal(new TriedCommand(64, "", "handoff: usage: handoff [-l]"), result.Frames.Tried("words"));
        Assert.Equal(new TriedCommand(0, "", ""), result.Frames.Tried("load"));
        Assert.Equal("1", result.Frames.Text("loaded"));
        const string Disabled =
            "handoff: kexec_load: EPERM (CAP_SYS_BOOT is missing, kernel.kexec_load_disabled is 1, or the kernel is locked "
            + "down)";
        Assert.Equal(new TriedCommand(71, "", Disabled), result.Frames.Tried("disabled"));

        // As PID 1 of an empty root it has made itself a /dev and a /proc, and has told it to the console.
        Assert.Contains(result.Console, line => line.Text == Disabled);
        Assert.Contains(result.Console, line => line.Text.Contains("guest: the end", StringComparison.Ordinal));
    }

    private static void CheckOtherMemory(PackedMachine machine)
    {
        const string Mismatch =
            @"^handoff: /proc/iomem: System RAM \[0x100000, 0x4[0-9a-f]{7}\), recorded was \[0x100000, 0x3[0-9a-f]{7}\): "
            + "another machine than this file was made for, or its memory has changed$";
        TriedCommand other = (machine.Scenario(WithProgram(machine, "try other /handoff")) with { MemoryMiB = 1280 })
            .Run().Frames.Tried("other");
        Assert.Equal((69, ""), (other.Status, other.Output));
        Assert.Matches(Mismatch, other.Error);

        IReadOnlyList<ConsoleLine> console = machine.RunAsInit(memoryMiB: 1280).Console;
        Assert.Single(console, line => System.Text.RegularExpressions.Regex.IsMatch(line.Text, Mismatch));
        Assert.Contains(console, line => line.Text.Contains("reboot: Power down", StringComparison.Ordinal));
        Assert.DoesNotContain(console, line => line.Text.Contains("Kernel panic", StringComparison.Ordinal));
    }

    private static Initramfs WithProgram(PackedMachine machine, string scenario) => Guests.With(scenario)
        .AddHostFile("handoff", machine.Program)
        .Add("etc/passwd", "nobody:x:65534:65534::/:/bin/sh\n");

    private static string Sha256(IByteSource source)
    {
        byte[] bytes = new byte[source.Length];
        source.Read(0, bytes);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }
}
