using Baton.Handoffs;
using Baton.Machines;

namespace Baton.Protocols.LinuxX86;

/// <summary>What the next kernel loses of what the firmware has given to the running one.</summary>
internal static class FirmwareFindings
{
    /// <summary>What must be said.</summary>
    public static IReadOnlyList<Finding> Of(Machine machine, LinuxX86Kernel kernel)
    {
        List<Finding> findings = [];
        if (EfiObstacle(machine, kernel) is { } obstacle)
        {
            findings.Add(new Finding(
                Severity.Warning, "efi-lost", $"the next kernel will have no EFI runtime services: {obstacle}"));
        }

        // What was noticed when the machine was read, and a plan's reader must know.
        findings.AddRange(machine.Findings.Where(finding => finding.Id == Framebuffer.TakenOver));
        return findings;
    }

    /// <summary>Whether the next kernel is told of the machine's EFI.</summary>
    public static bool PassesEfi(Machine machine, LinuxX86Kernel kernel) =>
        machine.Firmware == FirmwareKind.Uefi && EfiObstacle(machine, kernel) is null;

    /// <summary>Why a kernel on a UEFI machine is not told; null where it is, and on machines without.</summary>
    private static string? EfiObstacle(Machine machine, LinuxX86Kernel kernel) => machine switch
    {
        { Firmware: not FirmwareKind.Uefi } => null,
        { Efi: null } => "the running kernel shows no EFI facts",
        { Efi.Unknown: { Count: > 0 } unknown } =>
            $"the running kernel does not tell what belongs in {string.Join(", ", unknown.Select(path => "/" + path))}",
        { Efi.PlatformBits: not 64 } => "the firmware is a 32-bit one",
        _ when !kernel.TakesEfi => "the kernel does not take EFI facts from kexec (XLF_EFI_KEXEC is clear)",
        _ => null,
    };
}
