using Baton.Lab;

namespace Baton.EndToEnd;

/// <summary>
/// The machines on which the entry state is measured: few for every test run, and all that tests/vectors/entry-states
/// holds when tools/measure-entry-states asks for them.
/// </summary>
internal static class EntryStateRuns
{
    /// <summary>Set to anything: measure all.</summary>
    public const string AllVariable = "BATON_MEASURE_ALL";

    private const string Bullseye = "cloud-amd64@bullseye"; // 5.10, which Debian builds without 5-level paging
    private const string Trixie = "cloud-amd64@trixie"; // 6.12

    private static bool IsAll => Environment.GetEnvironmentVariable(AllVariable) is { Length: > 0 };

    /// <summary>x86-64 with 4-level paging.</summary>
    public static IReadOnlyList<EntryStateRun> FourLevel { get; } = Chosen(
        [new() { Kernel = DebianKernel.Cloud, Processor = "max,la57=off", MemoryMiB = 4096, Processors = 2 }],
        [
            new() { Kernel = DebianKernel.Generic, Processor = "max,la57=off" },
            new() { Kernel = DebianKernel.Cloud, Processor = "max,la57=off,pdpe1gb=off", MemoryMiB = 4096 },
            new() { Kernel = DebianKernel.Cloud, Processor = "max,la57=off,nx=off" },
            new() { Kernel = DebianKernel.Cloud, Processor = "max,la57=off", MemoryMiB = 4096, Firmware = Firmware.Uefi },
            new() { Kernel = new(Bullseye), Processor = "max,la57=off" },
            new() { Kernel = new(Bullseye), Processor = "max", MemoryMiB = 4096, Processors = 2 },
            new() { Kernel = new(Trixie), Processor = "max,la57=off" },
            new() { Kernel = new(Trixie), Processor = "max,la57=off", MemoryMiB = 4096, Processors = 2 },
        ]);

    /// <summary>x86-64 with 5-level paging.</summary>
    public static IReadOnlyList<EntryStateRun> FiveLevel { get; } = Chosen(
        [new() { Kernel = DebianKernel.Cloud, Processor = "max", MemoryMiB = 4096, Processors = 2 }],
        [
            new() { Kernel = DebianKernel.Cloud, Processor = "max,pdpe1gb=off" },
            new() { Kernel = DebianKernel.Generic, Processor = "max" },
            new() { Kernel = new(Trixie), Processor = "max" },
            new() { Kernel = new(Trixie), Processor = "max", MemoryMiB = 4096, Processors = 2 },
        ]);

    /// <summary>arm64 started at EL1.</summary>
    public static IReadOnlyList<EntryStateRun> El1 { get; } = Chosen([Arm64("cortex-a57")], Others("cortex-a57", "neoverse-n1"));

    /// <summary>
    /// arm64 started at EL2: a kernel that lives there (VHE, neoverse-n1), and one that lives at EL1 and goes back.
    /// </summary>
    public static IReadOnlyList<EntryStateRun> El2 { get; } =
    [
        .. Chosen([Arm64("cortex-a57"), Arm64("neoverse-n1")], Others("cortex-a57", "neoverse-n1"))
            .Select(run => run with { StartsAtEl2 = true }),
    ];

    private static EntryStateRun Arm64(string processor) => new()
    {
        Kernel = DebianKernel.CloudArm64,
        Architecture = Architecture.Arm64,
        Processor = processor,
        Processors = 2,
    };

    private static EntryStateRun[] Others(params string[] processors) =>
    [
        .. from kernel in (string[])["cloud-arm64@bullseye", "cloud-arm64", "cloud-arm64@trixie"]
           from processor in processors
           select Arm64(processor) with { Kernel = new(kernel), Processors = 1 },
    ];

    private static EntryStateRun[] Chosen(EntryStateRun[] always, EntryStateRun[] others) =>
        IsAll ? [.. always, .. others] : always;
}
