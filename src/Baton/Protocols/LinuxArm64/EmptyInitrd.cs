using Baton.Formats.Cpio;
using Baton.Handoffs;
using Baton.Machines;

namespace Baton.Protocols.LinuxArm64;

/// <summary>
/// An archive without files, as the initrd of a kernel that is to have none on a machine with UEFI. The EFI stub leaves a
/// table with the place of the running kernel's initrd among the firmware's, and a kernel whose device tree names no initrd
/// takes what lies there now for its own: it reads it, and in the end frees it, whatever it has become.
/// </summary>
public static class EmptyInitrd
{
    /// <summary>The archive's name, as a segment's content.</summary>
    public const string Name = "an empty initrd";

    /// <summary>The archive where the machine needs one; null elsewhere.</summary>
    public static SegmentContent? For(Machine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        if (machine.Firmware != FirmwareKind.Uefi)
        {
            return null;
        }

        using MemoryStream archive = new();
        using (new CpioWriter(archive))
        {
        }

        return SegmentContent.OfBytes(archive.ToArray(), Name);
    }
}
