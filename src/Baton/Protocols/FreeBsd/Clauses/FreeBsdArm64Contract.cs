using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;
using Baton.Protocols.LinuxArm64.Clauses;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>
/// What a FreeBSD kernel on arm64 must find at <c>_start</c>: the demands of docs/protocols/freebsd-arm64.md. Judged from the
/// simulated machine's registers, memory and caches; what should be there comes from the request, and is not taken from the
/// planner's results.
/// </summary>
public static class FreeBsdArm64Contract
{
    internal const string Entry = "docs/protocols/freebsd-arm64.md, The entry";
    internal const string Place = "docs/protocols/freebsd-arm64.md, Places";
    internal const string Chain = "docs/protocols/freebsd-arm64.md, The metadata chain";
    internal const string Firmware = "docs/protocols/freebsd-arm64.md, Memory and firmware";

    /// <summary>The contract for one request.</summary>
    public static Contract<Arm64Arrival> For(FreeBsdRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        IEnumerable<Clause<ArrivedPreload>> preload =
            [.. new KernelClauses(request, Place).All, .. new ChainClauses(request, Chain).All];
        return new Contract<Arm64Arrival>(
            FreeBsdArm64Planner.Protocol,
            [
                .. ProcessorClauses.State.Concat(ProcessorClauses.Zeros).Select(clause => clause with { Source = Entry }),
                new("hcr-el2", "At EL2, HCR_EL2 is RW alone: EL1's registers go by their own names.", Entry, NoHost),
                .. Caches,
                .. new Arm64PlacementClauses(request).All,
                .. preload.Select(clause => clause.Seen((Arm64Arrival arrival) => new Arm64Preload(request.Kernel, arrival))),
                .. new Arm64FirmwareClauses(request).All,
            ]);
    }

    private static Verdict NoHost(Arm64Arrival arrival)
    {
        const ulong LowerLevelIs64Bit = 1UL << 31;
        ulong hcr = arrival.Processor.ReadSystemRegister(Arm64SystemRegister.HcrEl2);
        return arrival.Processor.ExceptionLevel == 2
            ? new Verdict(hcr == LowerLevelIs64Bit, $"HCR_EL2 is 0x{hcr:x}")
            : Verdict.Kept($"EL{arrival.Processor.ExceptionLevel}");
    }

    private static Verdict Released(Arm64Arrival arrival)
    {
        if (arrival.Segment("kernel") is not { } kernel)
        {
            return Verdict.Broken("the handoff has no kernel");
        }

        RangeSet held = arrival.Processor.Caches.MayHold(kernel.Destination);
        return Verdict.Unless(
            held.Count > 0 ? $"the lines {held[0]} were not invalidated" : null, $"{kernel.Destination}, line by line");
    }

    private static IEnumerable<Clause<Arm64Arrival>> Caches =>
    [
        new("kernel-clean", "The kernel is clean to the point of coherency.", Entry,
            arrival => CacheClauses.Clean(arrival, "kernel")),
        new("files-clean", "The files behind it are clean to the point of coherency.", Entry, arrival =>
            arrival.Segment("files") is null ? Verdict.Kept("no files") : CacheClauses.Clean(arrival, "files")),
        new("metadata-clean", "Environment, device tree and chain are clean to the point of coherency.", Entry,
            arrival => CacheClauses.Clean(arrival, "metadata")),
        new(
            "kernel-released",
            "No data cache holds anything of the kernel's memory: it writes its first page tables with the caches off.",
            Entry,
            Released),
        new("instruction-cache", "The instruction cache holds nothing stale for the kernel.", Entry,
            arrival => CacheClauses.Stale(arrival, "kernel")),
    ];
}
