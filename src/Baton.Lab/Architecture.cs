namespace Baton.Lab;

/// <summary>What processors a virtual machine has.</summary>
public enum Architecture
{
    /// <summary>x86-64: QEMU's q35.</summary>
    X64,

    /// <summary>arm64: QEMU's virt, whose console is a PL011 (<c>console=ttyAMA0</c>).</summary>
    Arm64,
}
