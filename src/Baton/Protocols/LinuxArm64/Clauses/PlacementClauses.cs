using Baton.Formats.Arm64Image;
using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;

namespace Baton.Protocols.LinuxArm64.Clauses;

/// <summary>Where kernel, initrd and segments lie.</summary>
internal sealed class PlacementClauses(LinuxArm64Contract contract)
{
    public IEnumerable<Clause<Arm64Arrival>> All =>
    [
        new("image-entry", "The kernel is entered at the first byte of its image.", LinuxArm64Contract.CallImage, Entry),
        new("image-header", "The image's header is in place, with its magic number.", LinuxArm64Contract.CallImage, Header),
        new("image-base", "The image lies text_offset bytes above a multiple of 2 MiB.", LinuxArm64Contract.CallImage, Base),
        new("image-size", "image_size bytes from the image's start are RAM in which nothing else lies.",
            LinuxArm64Contract.CallImage, Size),
        new("initrd-window", "Kernel and initrd lie in one window of 32 GiB that starts at a multiple of 1 GiB.",
            LinuxArm64Contract.CallImage, Window),
        new("segments", "No two segments overlap, and all of them are RAM that nobody has reserved.",
            "kexec_load(2); docs/protocols/linux-arm64.md, Places", Segments),
    ];

    private Verdict Entry(Arm64Arrival arrival)
    {
        PhysicalAddress start = LinuxArm64Contract.KernelStart(arrival);
        return arrival.Segment("kernel") is { } segment && segment.Content.Parts is [{ } part]
            && contract.Kernel.Content.Parts is [{ } kernel]
            && ReferenceEquals(part.Source, kernel.Source) && part.SourceOffset == kernel.SourceOffset
            ? new Verdict(
                segment.Destination.Start + (ulong)part.Offset == start,
                $"pc is {start}, the image starts at {segment.Destination.Start + (ulong)part.Offset}")
            : Verdict.Broken("the handoff has no kernel");
    }

    private Verdict Header(Arm64Arrival arrival)
    {
        ulong start = LinuxArm64Contract.KernelStart(arrival).Value;
        ReadOnlySpan<byte> header = contract.Kernel.Header.Bytes.Span;
        return new Verdict(
            arrival.IsWritten(start, (ulong)header.Length) && arrival.Read(start, header.Length).AsSpan().SequenceEqual(header),
            $"{header.Length} bytes at 0x{start:x}");
    }

    private Verdict Base(Arm64Arrival arrival)
    {
        PhysicalAddress start = LinuxArm64Contract.KernelStart(arrival);
        ulong offset = contract.Kernel.Header.TextOffset;
        return new Verdict(
            start.Value >= offset && (start - offset).IsAligned(Arm64ImageHeader.BaseAlignment),
            $"{start}, text_offset is 0x{offset:x}");
    }

    private Verdict Size(Arm64Arrival arrival)
    {
        if (contract.Footprint(arrival) is not { } footprint)
        {
            return Verdict.Broken("it would wrap");
        }

        if (!contract.Machine.FirmwareMemory.Ram.Contains(footprint) || !contract.Machine.Usable.Contains(footprint))
        {
            return Verdict.Broken($"{footprint} is not all free RAM");
        }

        Segment? other = arrival.Handoff.Segments.FirstOrDefault(
            segment => segment.Name != "kernel" && segment.Destination.Overlaps(footprint));
        return Verdict.Unless(other is null ? null : $"{other.Name} {other.Destination} lies in {footprint}", $"{footprint}");
    }

    private Verdict Window(Arm64Arrival arrival)
    {
        if (contract.Request.Initrd is not { Length: > 0 })
        {
            return Verdict.Kept("no initrd");
        }

        return arrival.Segment("initrd") is { } initrd && contract.Footprint(arrival) is { } kernel
            ? new Verdict(InitrdWindow.Holds(kernel, initrd.Destination), $"kernel {kernel}, initrd {initrd.Destination}")
            : Verdict.Broken("the handoff has no initrd");
    }

    private Verdict Segments(Arm64Arrival arrival)
    {
        IReadOnlyList<Segment> segments = arrival.Handoff.Segments;
        for (int i = 0; i < segments.Count; i++)
        {
            if (!contract.Machine.Usable.Contains(segments[i].Destination))
            {
                return Verdict.Broken($"{segments[i].Name} {segments[i].Destination} is not all RAM that is free");
            }

            for (int k = 0; k < i; k++)
            {
                if (segments[i].Destination.Overlaps(segments[k].Destination))
                {
                    return Verdict.Broken($"{segments[k].Name} and {segments[i].Name} overlap");
                }
            }
        }

        return Verdict.Kept($"{segments.Count} segments");
    }
}
