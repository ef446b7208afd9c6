using Baton.Lab;
using Baton.Probe;

namespace Baton.EndToEnd;

/// <summary>
/// Makes tests/vectors/entry-states anew: explicit, because it writes into the sources and wants more kernels than the
/// tests. Run by tools/measure-entry-states.
/// </summary>
public sealed class EntryStateVectors
{
    private static readonly DebianKernel[] X64Kernels =
        [new("cloud-amd64@bullseye"), DebianKernel.Cloud, DebianKernel.Generic, new("cloud-amd64@trixie")];

    private static readonly DebianKernel[] Arm64Kernels =
        [new("cloud-arm64@bullseye"), DebianKernel.CloudArm64, new("cloud-arm64@trixie")];

    [Fact(Explicit = true)]
    public void Write_x64()
    {
        // Debian's 5.10 is built without 5-level paging.
        EntryStateRun[] without =
        [
            .. X64Kernels.Select(kernel => new EntryStateRun { Kernel = kernel, Processor = "max,la57=off" }),
            new() { Kernel = DebianKernel.Cloud, Processor = "max,la57=off,pdpe1gb=off", MemoryMiB = 4096, Processors = 2 },
            new() { Kernel = DebianKernel.Cloud, Processor = "max,la57=off", MemoryMiB = 4096, Firmware = Firmware.Uefi },
            new() { Kernel = X64Kernels[0], Processor = "max", MemoryMiB = 4096, Processors = 2 },
            new() { Kernel = X64Kernels[^1], Processor = "max,la57=off", MemoryMiB = 4096, Processors = 2 },
        ];
        Write("x64-4level", "x86-64 with 4-level paging", without);
        EntryStateRun[] with =
        [
            .. X64Kernels.Skip(1).Select(kernel => new EntryStateRun { Kernel = kernel, Processor = "max" }),
            new() { Kernel = X64Kernels[^1], Processor = "max", MemoryMiB = 4096, Processors = 2 },
        ];
        Write("x64-5level", "x86-64 with 5-level paging", with);
    }

    [Fact(Explicit = true)]
    public void Write_arm64()
    {
        EntryStateRun[] runs =
        [
            .. from kernel in Arm64Kernels
               from processor in (string[])["cortex-a57", "neoverse-n1"]
               select new EntryStateRun { Kernel = kernel, Architecture = Architecture.Arm64, Processor = processor },
        ];
        Write("arm64-el1", "arm64 started at EL1", runs);
        Write("arm64-el2", "arm64 started at EL2", [.. runs.Select(run => run with { StartsAtEl2 = true })]);
    }

    private static void Write(string name, string what, IReadOnlyList<EntryStateRun> runs)
    {
        List<string> lines =
        [
            $"# What Linux's kexec leaves at the entry of an image of kexec_load(2): {what}.",
            "# Measured in QEMU by tools/measure-entry-states, which makes this file anew. Each run begins with its kernel.",
            "# Numbers are hexadecimal. ram, segment: start end. table: page, first linear address that it is for.",
            "# map: linear start, physical start, length, page size, rights (writable, executable, user).",
        ];
        foreach (EntryStateRun run in runs)
        {
            EntryState state = run.Measure();
            string first = $"kernel={state.Kernel}";
            lines.AddRange(["", first, .. state.Lines.Where(line => line != first)]);
        }

        string directory = Path.Join(Repository.Root, "tests", "vectors", "entry-states");
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Join(directory, $"{name}.txt"), string.Join('\n', lines) + "\n");
    }
}
