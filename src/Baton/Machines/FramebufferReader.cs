using Baton.Bytes;
using Baton.Handoffs;

namespace Baton.Machines;

/// <summary>The firmware's framebuffer, and who shows it now.</summary>
internal static class FramebufferReader
{
    /// <summary>Drivers that leave the framebuffer as the firmware had set it up (fb0/name).</summary>
    private static readonly string[] FirmwareDrivers =
    [
        "VESA VGA", "EFI VGA", "simple", "simpledrmdrmfb", "efidrmdrmfb", "vesadrmdrmfb",
    ];

    public static Framebuffer? Read(IFileTree tree, RunningBootParams? bootParams, List<Finding> findings)
    {
        if (bootParams?.Framebuffer is not { } framebuffer)
        {
            return null;
        }

        string driver = tree.Read("sys/class/graphics/fb0/name").Line ?? "";
        if (driver.Length > 0 && !FirmwareDrivers.Contains(driver))
        {
            findings.Add(new Finding(
                Severity.Note,
                Framebuffer.TakenOver,
                $"the driver {TextLine.Show(driver)} has taken over the firmware's framebuffer at {framebuffer.Range}: "
                    + "the next kernel shows nothing there until it has a driver of its own"));
        }

        return framebuffer with { Driver = driver };
    }
}
