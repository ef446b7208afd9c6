namespace Baton.Protocols.LinuxArm64;

/// <summary>
/// Properties of /chosen by which a boot loader speaks to the kernel (Devicetree Specification v0.4, section 3.6; dt-schema,
/// chosen.yaml; Linux, Documentation/arch/arm/uefi.rst).
/// </summary>
public static class ChosenProperties
{
    /// <summary>The node's name.</summary>
    public const string Node = "chosen";

    /// <summary>The command line.</summary>
    public const string BootArgs = "bootargs";

    /// <summary>The first byte of the initrd, one or two cells.</summary>
    public const string InitrdStart = "linux,initrd-start";

    /// <summary>The first byte behind the initrd, one or two cells.</summary>
    public const string InitrdEnd = "linux,initrd-end";

    /// <summary>Random numbers by which the kernel chooses its virtual address; two cells.</summary>
    public const string KaslrSeed = "kaslr-seed";

    /// <summary>Random bytes for the kernel's generator.</summary>
    public const string RngSeed = "rng-seed";

    /// <summary>
    /// What was for the running kernel alone: it was used up, or names memory that is not handed on (the crash kernel's,
    /// what a kexec'd kernel kept for its successor, a buffer of measurements).
    /// </summary>
    public static IReadOnlyList<string> Stale { get; } =
    [
        BootArgs, InitrdStart, InitrdEnd, KaslrSeed, RngSeed, "linux,usable-memory-range", "linux,elfcorehdr",
        "linux,ima-kexec-buffer", "linux,kho-fdt", "linux,kho-scratch", "linux,booted-from-kexec",
    ];
}
