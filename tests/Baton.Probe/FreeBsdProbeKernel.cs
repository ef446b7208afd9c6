using System.Diagnostics;

namespace Baton.Probe;

/// <summary>How a kernel's file is laid out.</summary>
public enum FreeBsdProbeLayout
{
    /// <summary>Two load segments, the second on no page boundary, p_paddr equal to p_vaddr, the bss not in the file.</summary>
    GnuLd,

    /// <summary>Five load segments from page boundaries, p_paddr above 2 MiB.</summary>
    Lld,

    /// <summary>As <see cref="Lld"/>, and the bss is zeros in the file.</summary>
    LldWithBss,
}

/// <summary>
/// A program that a boot loader takes for a FreeBSD kernel on amd64, and that does at its entry what such a kernel does
/// first. See tests/Baton.Probe/freebsd.
/// </summary>
public sealed record FreeBsdProbeKernel
{
    /// <summary>What QEMU's status is when the probe has come to its end.</summary>
    public const int ExitStatus = (0x2a << 1) | 1;

    private const int OsAbi = 7;
    private const byte FreeBsd = 9;

    private static readonly string[] Flags =
    [
        "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-fno-pic", "-no-pie", "-static", "-nostdlib",
        "-mcmodel=kernel", "-mno-red-zone", "-mgeneral-regs-only", "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
        "-fcf-protection=none", "-Wl,--build-id=none", "-Wl,-z,max-page-size=0x200000",
    ];

    /// <summary>Whether the kernel runs at any multiple of 2 MiB; else at 2 MiB alone.</summary>
    public bool Relocatable { get; init; }

    public FreeBsdProbeLayout Layout { get; init; }

    /// <summary>Compiles the kernel with gcc.</summary>
    /// <exception cref="InvalidOperationException">gcc or objcopy fails; the message has what it said.</exception>
    public byte[] Build() => Build(
        "gcc",
        [.. Flags, Relocatable ? "-DRELOCATABLE" : "-Wl,--defsym=kernphys=0x200000"],
        Layout == FreeBsdProbeLayout.GnuLd ? "amd64-gnu.ld" : "amd64-lld.ld",
        ["amd64-entry.S", "amd64-probe.c"],
        hasBss: Layout == FreeBsdProbeLayout.LldWithBss);

    /// <summary>Compiles a kernel of any architecture: what is its own, and what all of them share.</summary>
    internal static byte[] Build(string compiler, string[] flags, string script, string[] own, bool hasBss = false)
    {
        string sources = Path.Join(AppContext.BaseDirectory, "freebsd");
        string folder = Directory.CreateTempSubdirectory("baton-probe-").FullName;
        try
        {
            string kernel = Path.Join(folder, "kernel");
            string[] files = [.. own, "chain.c", "checksum.c", "console.c", "memory.c"];
            Run(
                compiler,
                [.. flags, "-T", Path.Join(sources, script), "-o", kernel, .. files.Select(file => Path.Join(sources, file))]);
            if (hasBss)
            {
                Run("objcopy", ["--set-section-flags", ".bss=alloc,load,contents", kernel]);
            }

            byte[] image = File.ReadAllBytes(kernel);
            image[OsAbi] = FreeBsd;
            return image;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Run(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {error}");
        }
    }
}
