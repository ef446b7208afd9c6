using System.Globalization;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Reports;

/// <summary>A machine as a report for people.</summary>
public static class MachineReport
{
    private const int ShownCommandLine = 400;

    /// <summary>Makes the report: facts first, then both memory maps and what they leave usable.</summary>
    public static Report Of(Machine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        List<ReportSection> sections =
        [
            new ReportSection("Facts", [], [.. Facts(machine)]),
            new ReportSection("kexec", [], [.. Kexec(machine.Kexec)]),
            Map("Memory, as the firmware says (for the next kernel)", machine.FirmwareMemory),
            Map("Memory, as the running kernel says", machine.RunningMemory),
            new ReportSection(
                "Usable for segments",
                ["range", "size"],
                [.. machine.Usable.Select(range => Row($"{range}", Sizes.Of(range.Length)))]),
        ];
        if (machine.Efi is { RuntimeMap.Count: > 0 } efi)
        {
            sections.Add(new ReportSection(
                "EFI runtime services' memory",
                ["range", "size", "type", "mapped at", "attributes"],
                [.. efi.RuntimeMap.Select(entry => Row(
                    $"{entry.Range}",
                    Sizes.Of(entry.Range.Length),
                    $"{entry.Type}",
                    Hex(entry.VirtualStart),
                    Hex(entry.Attributes)))]));
        }

        return new Report($"Machine {machine.Source}", sections, machine.Findings);
    }

    private static IEnumerable<IReadOnlyList<string>> Facts(Machine machine)
    {
        yield return Row("architecture", ArchitectureName(machine.Architecture));
        yield return Row("running kernel", Or(machine.Kernel.Release, "not known"));
        yield return Row("command line", Shorten(machine.Kernel.CommandLine));
        yield return Row("processor", Processor(machine));
        yield return Row("memory", $"{Sizes.Of(machine.Totals.Total)}, {Sizes.Of(machine.Totals.Available)} available, "
            + $"{Sizes.Of(machine.Totals.Free)} free");
        yield return Row("firmware", Firmware(machine));
        if (machine.Efi is { } efi)
        {
            yield return Row("EFI system table", Address(efi.SystemTable));
            yield return Row("EFI vendor", Address(efi.Vendor));
            yield return Row("EFI runtime services", Address(efi.Runtime));
            yield return Row("EFI configuration tables", Address(efi.ConfigurationTable));
            yield return Row("SMBIOS", Address(efi.Smbios));
        }

        yield return Row("ACPI RSDP", machine.AcpiRsdp is { } rsdp
            ? $"{rsdp} ({machine.AcpiRsdpSource})"
            : IsX86(machine.Architecture) ? "not known: the next kernel looks for it by itself" : "not known");
        yield return Row("framebuffer", machine.Framebuffer is { } screen ? Screen(screen) : "none");
    }

    private static IEnumerable<IReadOnlyList<string>> Kexec(KexecAbility kexec)
    {
        foreach ((string name, KexecCall call) in new[]
        {
            ("kexec_load", kexec.KexecLoad), ("kexec_file_load", kexec.KexecFileLoad),
        })
        {
            string verdict = call.Allowed switch { true => "allowed", false => "not allowed", null => "not known" };
            yield return Row(name, verdict);
            foreach (string reason in call.Reasons)
            {
                yield return Row("", reason);
            }
        }

        yield return Row("kernel loaded", YesNo(kexec.Loaded));
        yield return Row("crash kernel loaded", YesNo(kexec.CrashLoaded));
    }

    private static ReportSection Map(string title, MemoryMap map) => new(
        title,
        ["range", "size", "kind", "source"],
        [.. map.Select(region => Row(
            $"{region.Range}", Sizes.Of(region.Range.Length), Kind(region), region.Source))]);

    private static string Kind(MemoryRegion region) =>
        region.Label.Length > 0 ? $"{region.Kind} ({region.Label})" : $"{region.Kind}";

    private static string Firmware(Machine machine) => machine switch
    {
        { Efi: { } efi } => string.Create(CultureInfo.InvariantCulture, $"UEFI, {efi.PlatformBits}-bit"),
        { Firmware: FirmwareKind.Bios } => "PC BIOS or none",
        { Firmware: FirmwareKind.Uefi } => "UEFI",
        _ => "not known",
    };

    private static string Processor(Machine machine)
    {
        ProcessorFacts facts = machine.Processor;
        List<string> parts = [Or(facts.Model, "model not known")];
        if (facts.PhysicalBits > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{facts.PhysicalBits} bits of physical address"));
        }

        if (IsX86(machine.Architecture))
        {
            parts.Add(facts.La57 ? "5-level paging" : "4-level paging");
            parts.Add(facts.GigabytePages ? "1 GiB pages" : "no 1 GiB pages");
        }

        return string.Join(", ", parts);
    }

    private static string Screen(Framebuffer screen)
    {
        string type = screen.VideoType switch
        {
            Framebuffer.Vesa => "VESA",
            Framebuffer.Efi => "EFI",
            _ => $"type 0x{screen.VideoType:x}",
        };
        string driver = screen.Driver.Length > 0 ? $", shown by {screen.Driver}" : "";
        return $"{type} {screen.Width}x{screen.Height}x{screen.Depth} at {screen.Range}{driver}";
    }

    /// <summary>Whether /proc/cpuinfo tells of the paging, and a kernel searches memory for the RSDP.</summary>
    internal static bool IsX86(Architecture architecture) => architecture is Architecture.X64 or Architecture.X86;

    internal static string ArchitectureName(Architecture architecture) => architecture switch
    {
        Architecture.X64 => "amd64",
        Architecture.X86 => "i386",
        Architecture.Arm64 => "arm64",
        _ => architecture.ToString(),
    };

    private static string Shorten(string commandLine) =>
        commandLine.Length > ShownCommandLine ? commandLine[..ShownCommandLine] + "…" : commandLine;

    private static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;

    private static string Address(PhysicalAddress? address) => address is { } at ? $"{at}" : "not known";

    private static string YesNo(bool? value) => value switch { true => "yes", false => "no", null => "not known" };

    private static string Hex(ulong value) => $"0x{value:x}";

    private static string[] Row(params string[] cells) => cells;
}
