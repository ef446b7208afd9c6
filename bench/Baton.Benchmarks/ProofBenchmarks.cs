using Baton.Bytes;
using Baton.Compression;
using Baton.Formats;
using Baton.Formats.BzImage;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Probe;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Protocols;
using Baton.Protocols.LinuxX86;
using Baton.Protocols.LinuxX86.Clauses;
using BenchmarkDotNet.Attributes;

namespace Baton.Benchmarks;

/// <summary>The whole proof of a handoff to a Linux kernel, and the plan that it proves.</summary>
[ShortRunJob]
public class ProofBenchmarks
{
    private LinuxX86Kernel _kernel = null!;
    private Machine _machine = null!;
    private Handoff _handoff = null!;

    /// <summary>Whether the machine runs with 5 levels of page tables, which this kernel does not take.</summary>
    [Params(false, true)]
    public bool LeavesFiveLevels { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        ArraySource image = new(new ProbeKernel { Takes5Level = false }.Build(), "probe");
        _kernel = LinuxX86Kernel.From((BzImageFile)KernelImages.Open(image, new Codecs()).Details);
        MemoryMap map = MemoryMap.Of(
        [
            Region(0, 0x9_FC00, MemoryKind.Ram),
            Region(0x9_FC00, 0xA_0000, MemoryKind.Reserved),
            Region(0x10_0000, 0xBFFE_0000, MemoryKind.Ram),
            Region(0xBFFE_0000, 0xC000_0000, MemoryKind.Reserved),
            Region(0x1_0000_0000, 0x4_4000_0000, MemoryKind.Ram),
        ]);
        _machine = new Machine
        {
            Source = "benchmark",
            Architecture = Architecture.X64,
            FirmwareMemory = map,
            RunningMemory = map,
            Usable = map.Ram,
            Firmware = FirmwareKind.Bios,
            Processor = new ProcessorFacts { La57 = LeavesFiveLevels, GigabytePages = true, PhysicalBits = 46, Model = "" },
            Kernel = new RunningKernel("6.1.0", "", ""),
            Totals = new MemoryTotals(map.Ram.Length, map.Ram.Length, map.Ram.Length),
            Kexec = new KexecAbility(new KexecCall(true, []), new KexecCall(true, []), false, false),
            Findings = [],
        };
        _handoff = Plan();
        if (!Prove().Holds)
        {
            throw new InvalidOperationException("the proof does not hold");
        }
    }

    [Benchmark]
    public Handoff Plan() => LinuxX86Planner.Plan(new LinuxX86Request
    {
        Kernel = _kernel,
        Initrd = SegmentContent.OfBytes(new byte[1 << 20], "initrd"),
        CommandLine = "console=ttyS0",
        Machine = _machine,
        RngSeed = new byte[32],
    });

    [Benchmark]
    public ProofReport Prove() => X64Proof.Run(
        _handoff, ProofMachines.X64(_machine), LinuxX86Contract.For(_kernel, _machine, _handoff));

    private static MemoryRegion Region(ulong start, ulong end, MemoryKind kind) =>
        new(PhysicalRange.Between(new PhysicalAddress(start), new PhysicalAddress(end)), kind, "benchmark");
}
