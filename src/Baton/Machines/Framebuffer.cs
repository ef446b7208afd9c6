using Baton.Memory;

namespace Baton.Machines;

/// <summary>The firmware's framebuffer, from the running kernel's screen_info.</summary>
/// <param name="VideoType">orig_video_isVGA: 0x23 VESA, 0x70 EFI, others text modes.</param>
/// <param name="Range">Where it lies in physical memory.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Depth">Bits a pixel.</param>
/// <param name="Stride">Bytes a line.</param>
/// <param name="Driver">The driver that shows it now (/sys/class/graphics/fb0/name); empty when there is none.</param>
public sealed record Framebuffer(
    byte VideoType, PhysicalRange Range, int Width, int Height, int Depth, int Stride, string Driver)
{
    /// <summary>orig_video_isVGA of a VESA linear framebuffer.</summary>
    public const byte Vesa = 0x23;

    /// <summary>The finding that says that a driver of its own has replaced the firmware's.</summary>
    public const string TakenOver = "framebuffer-driver";

    /// <summary>orig_video_isVGA of an EFI framebuffer.</summary>
    public const byte Efi = 0x70;
}
