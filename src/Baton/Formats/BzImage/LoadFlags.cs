namespace Baton.Formats.BzImage;

/// <summary>The bits of <c>loadflags</c>. Specification: boot.rst, "loadflags".</summary>
[Flags]
public enum LoadFlags : byte
{
    None = 0,

    /// <summary>The protected-mode code is loaded at 1 MiB, not at 64 KiB: a bzImage.</summary>
    LoadedHigh = 1 << 0,

    /// <summary>Between the kernel's own stages: its address was randomised.</summary>
    Kaslr = 1 << 1,

    /// <summary>Early messages are suppressed.</summary>
    Quiet = 1 << 5,

    /// <summary>The 32-bit entry point does not reload the segment registers. Obsolete.</summary>
    KeepSegments = 1 << 6,

    /// <summary>The value of <c>heap_end_ptr</c> is valid.</summary>
    CanUseHeap = 1 << 7,
}

/// <summary>The bits of <c>xloadflags</c>. Specification: boot.rst, "xloadflags".</summary>
[Flags]
public enum XLoadFlags : ushort
{
    None = 0,

    /// <summary>XLF_KERNEL_64: there is a 64-bit entry point 0x200 bytes into the protected-mode code.</summary>
    Kernel64 = 1 << 0,

    /// <summary>XLF_CAN_BE_LOADED_ABOVE_4G: kernel, boot_params, command line and initrd may lie above 4 GiB.</summary>
    CanBeLoadedAbove4G = 1 << 1,

    /// <summary>XLF_EFI_HANDOVER_32: <c>handover_offset</c> gives a 32-bit EFI entry point.</summary>
    EfiHandover32 = 1 << 2,

    /// <summary>XLF_EFI_HANDOVER_64: <c>handover_offset</c> gives a 64-bit EFI entry point.</summary>
    EfiHandover64 = 1 << 3,

    /// <summary>XLF_EFI_KEXEC: EFI runtime services survive a kexec.</summary>
    EfiKexec = 1 << 4,

    /// <summary>XLF_5LEVEL: the kernel knows five levels of page tables.</summary>
    FiveLevel = 1 << 5,

    /// <summary>XLF_5LEVEL_ENABLED: the kernel may run with five levels of page tables.</summary>
    FiveLevelEnabled = 1 << 6,

    /// <summary>XLF_MEM_ENCRYPTION: the kernel knows encrypted memory.</summary>
    MemEncryption = 1 << 7,
}
