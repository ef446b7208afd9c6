using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;
using Baton.Proofs.EntryStates;

namespace Baton.Protocols.LinuxArm64.Clauses;

/// <summary>What the caches hold: the next kernel starts with them off, and reads memory.</summary>
internal sealed class CacheClauses(LinuxArm64Contract contract)
{
    private const string OwnPromise = "docs/protocols/linux-arm64.md, The caches";

    public IEnumerable<Clause<Arm64Arrival>> All =>
    [
        new("image-clean", "The image is clean to the point of coherency, all image_size bytes of it.",
            LinuxArm64Contract.CallImage,
            arrival => contract.Footprint(arrival) is { } image ? Clean(arrival, image) : Verdict.Broken("it would wrap")),
        new("device-tree-clean", "The device tree is clean to the point of coherency.", OwnPromise,
            arrival => Clean(arrival, "dtb")),
        new("initrd-clean", "The initrd is clean to the point of coherency.", OwnPromise,
            arrival => contract.Request.Initrd is { Length: > 0 } ? Clean(arrival, "initrd") : Verdict.Kept("no initrd")),
        new("instruction-cache", "The instruction cache holds nothing stale for the image.", LinuxArm64Contract.CallImage,
            arrival => Stale(arrival, "kernel")),
    ];

    internal static Verdict Clean(Arm64Arrival arrival, string name) => arrival.Segment(name) is { } segment
        ? Clean(arrival, segment.Destination)
        : Verdict.Broken($"the handoff has no segment {name}");

    private static Verdict Clean(Arm64Arrival arrival, PhysicalRange range)
    {
        RangeSet dirty = arrival.Processor.Caches.NotClean(range).Union(arrival.Processor.Caches.Behind(range));
        return dirty.Count > 0
            ? Verdict.Broken($"the lines {dirty[0]} are not clean")
            : Verdict.Kept($"{range}, by {LinuxKexecArm64.Caches.Source}");
    }

    internal static Verdict Stale(Arm64Arrival arrival, string name)
    {
        PhysicalRange image = arrival.Segment(name) is { } segment ? segment.Destination : default;
        RangeSet stale = arrival.Processor.Caches.StaleInstructions(image);
        return Verdict.Unless(
            stale.Count > 0 ? $"stale at {stale[0]}" : null, "invalidated by kexec, and not changed since");
    }
}
