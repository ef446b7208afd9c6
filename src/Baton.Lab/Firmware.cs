namespace Baton.Lab;

/// <summary>What starts a virtual machine.</summary>
public enum Firmware
{
    /// <summary>SeaBIOS, which QEMU brings along; none on arm64, where QEMU starts the kernel with a device tree.</summary>
    Bios,

    /// <summary>UEFI: OVMF, or AAVMF on arm64, with variables of its own for each run.</summary>
    Uefi,
}
