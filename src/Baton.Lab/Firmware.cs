namespace Baton.Lab;

/// <summary>What starts a virtual machine.</summary>
public enum Firmware
{
    /// <summary>SeaBIOS, which QEMU brings along.</summary>
    Bios,

    /// <summary>UEFI: OVMF, with variables of its own for each run.</summary>
    Uefi,
}
