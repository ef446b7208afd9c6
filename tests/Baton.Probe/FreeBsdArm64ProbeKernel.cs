namespace Baton.Probe;

/// <summary>
/// A program that a boot loader takes for a FreeBSD kernel on arm64, and that does at its entry what such a kernel does
/// first, on QEMU's virt machine. See tests/Baton.Probe/freebsd.
/// </summary>
public static class FreeBsdArm64ProbeKernel
{
    private static readonly string[] Flags =
    [
        "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-fno-pic", "-no-pie", "-static", "-nostdlib",
        "-mgeneral-regs-only", "-mno-outline-atomics", "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
        "-fno-tree-loop-distribute-patterns", "-Wl,--build-id=none", "-Wl,-z,max-page-size=0x10000",
    ];

    /// <summary>Compiles the kernel with gcc.</summary>
    /// <exception cref="InvalidOperationException">gcc fails; the message has what it said.</exception>
    public static byte[] Build() => FreeBsdProbeKernel.Build(
        "aarch64-linux-gnu-gcc", Flags, "arm64.ld", ["arm64-entry.S", "arm64-probe.c", "tree.c"]);
}
