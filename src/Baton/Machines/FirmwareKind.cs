namespace Baton.Machines;

/// <summary>What started the machine.</summary>
public enum FirmwareKind
{
    /// <summary>Nothing tells.</summary>
    Unknown,

    /// <summary>PC BIOS, or a loader that hands over what one would (coreboot, a virtual machine monitor).</summary>
    Bios,

    /// <summary>UEFI.</summary>
    Uefi,
}
