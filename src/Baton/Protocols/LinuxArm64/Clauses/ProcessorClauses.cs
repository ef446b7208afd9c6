using Baton.Proofs;
using Baton.Proofs.Arm64;

namespace Baton.Protocols.LinuxArm64.Clauses;

/// <summary>The processor's registers and state.</summary>
internal static class ProcessorClauses
{
    private const int DataCache = 2;
    private const int BigEndianData = 25;
    private const uint AllMasked = 0x3C0;

    public static IEnumerable<Clause<Arm64Arrival>> All => [.. State, .. Tree, .. Zeros];

    /// <summary>What any kernel demands that starts without MMU: nothing of it is Linux's alone.</summary>
    internal static IEnumerable<Clause<Arm64Arrival>> State =>
    [
        new("mmu-off", "The MMU is off (SCTLR_ELx.M).", LinuxArm64Contract.CallImage, arrival =>
            Bit(arrival, 0, arrival.Processor.IsMmuOn)),
        new("data-cache-off", "The data cache is off (SCTLR_ELx.C).", "docs/protocols/linux-arm64.md, The processor", arrival =>
            Bit(arrival, DataCache, arrival.Processor.IsDataCacheOn)),
        new("interrupts-masked", "Debug exceptions, SError, IRQ and FIQ are masked (PSTATE.DAIF).",
            LinuxArm64Contract.CallImage, Interrupts),
        new("exception-level", "The processor is at EL2 or at non-secure EL1.", LinuxArm64Contract.CallImage, Level),
        new("exception-level-kept", "It is at the level at which kexec jumped, where the firmware had started the old kernel.",
            "booting.rst, CPU mode: all CPUs enter at the same level", LevelKept),
        new("little-endian", "Data is little-endian (SCTLR_ELx.EE), as the kernel is.", "booting.rst, flags, bit 0", arrival =>
            Bit(arrival, BigEndianData, false)),
    ];

    /// <summary>The registers of the call's other arguments.</summary>
    internal static IEnumerable<Clause<Arm64Arrival>> Zeros =>
    [
        new("x1-zero", "x1 is 0.", LinuxArm64Contract.CallImage, arrival => Zero(arrival, 1)),
        new("x2-zero", "x2 is 0.", LinuxArm64Contract.CallImage, arrival => Zero(arrival, 2)),
        new("x3-zero", "x3 is 0.", LinuxArm64Contract.CallImage, arrival => Zero(arrival, 3)),
    ];

    private static Verdict Bit(Arm64Arrival arrival, int bit, bool isOn) => new(
        !isOn && (arrival.SystemControl >> bit & 1) == 0,
        $"SCTLR_EL{arrival.Processor.ExceptionLevel} is 0x{arrival.SystemControl:x}, bit {bit} is "
        + $"{arrival.SystemControl >> bit & 1}");

    private static Verdict Interrupts(Arm64Arrival arrival)
    {
        uint masked = arrival.Processor.State.Pstate & AllMasked;
        return new Verdict(masked == AllMasked, $"DAIF is 0x{masked:x} of 0x{AllMasked:x}");
    }

    private static Verdict Level(Arm64Arrival arrival) =>
        new(arrival.Processor.ExceptionLevel is 1 or 2, $"EL{arrival.Processor.ExceptionLevel}");

    private static Verdict LevelKept(Arm64Arrival arrival) => new(
        arrival.Processor.ExceptionLevel == arrival.Departure.ExceptionLevel,
        $"EL{arrival.Processor.ExceptionLevel}, from EL{arrival.Departure.ExceptionLevel}");

    private static IEnumerable<Clause<Arm64Arrival>> Tree =>
    [
        new("x0-device-tree", "x0 is the physical address of the device tree.", LinuxArm64Contract.CallImage, AtTree),
    ];

    private static Verdict AtTree(Arm64Arrival arrival)
    {
        ulong x0 = arrival.Processor[0];
        return arrival.Segment("dtb") is { } segment
            ? new Verdict(
                x0 == segment.Destination.Start.Value, $"x0 is 0x{x0:x}, the tree is at {segment.Destination.Start}")
            : Verdict.Broken("the handoff has no device tree");
    }

    private static Verdict Zero(Arm64Arrival arrival, int register) =>
        new(arrival.Processor[register] == 0, $"x{register} is 0x{arrival.Processor[register]:x}");
}
