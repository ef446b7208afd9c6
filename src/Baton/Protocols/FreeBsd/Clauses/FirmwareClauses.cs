using Baton.Bytes;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>What the chain tells of memory, firmware and screen.</summary>
internal sealed class FirmwareClauses(FreeBsdContract contract)
{
    private const int EfiHeader = 32;
    private const int SmapEntry = 20;

    public IEnumerable<Clause<X64Arrival>> All =>
    [
        new(
            "memory-map",
            "There is one memory map: the complete EFI map where the machine's is known, else the firmware's e820 as SMAP.",
            FreeBsdContract.Chain,
            Map),
        new(
            "memory-map-content",
            "The memory map says what the firmware says: no RAM more, and none less.",
            FreeBsdContract.Chain,
            Content),
        new(
            "firmware-handle",
            "With an EFI map go the EFI system table as FW_HANDLE and the firmware's EFI_ARCH, and without one neither.",
            FreeBsdContract.Chain,
            Handle),
        new("screen", "EFI_FB or VBE_FB tells of the firmware's framebuffer, where there is one.", FreeBsdContract.Chain, Screen),
    ];

    private bool IsUefi => contract.Machine.Firmware == FirmwareKind.Uefi;

    private bool TellsEfi => FirmwareRecords.TellsEfiMap(contract.Request);

    private Verdict? Map(X64Arrival arrival)
    {
        if (FreeBsdContract.ReadChain(arrival).Kernel is not { } kernel)
        {
            return null;
        }

        byte[]? smap = kernel[ModInfo.Smap];
        byte[]? efi = kernel[ModInfo.EfiMap];
        bool isRight = TellsEfi
            ? smap is null && efi is { Length: > EfiHeader }
            : efi is null && smap is { Length: > 0 } && smap.Length % SmapEntry == 0;
        return new Verdict(isRight, $"SMAP of {smap?.Length ?? 0} bytes, EFI_MAP of {efi?.Length ?? 0}");
    }

    private Verdict? Content(X64Arrival arrival)
    {
        if (Map(arrival) is not { Holds: true } || FreeBsdContract.ReadChain(arrival).Kernel is not { } kernel)
        {
            return null;
        }

        return FirmwareRecords.CopiedMap(contract.Request) is { } place
            ? CopiedContent(arrival, arrival.Read, kernel[ModInfo.EfiMap]!, place)
            : TellsEfi ? EfiContent(kernel[ModInfo.EfiMap]!, contract.Machine.Efi?.CompleteMap ?? [])
            : SmapContent(kernel[ModInfo.Smap]!);
    }

    private Verdict SmapContent(byte[] smap)
    {
        List<string> found = [];
        for (int i = 0; i < smap.Length; i += SmapEntry)
        {
            found.Add($"0x{BitConverter.ToUInt64(smap, i):x}+0x{BitConverter.ToUInt64(smap, i + 8):x} "
                + $"{BitConverter.ToUInt32(smap, i + 16)}");
        }

        List<string> expected =
        [
            .. contract.Machine.FirmwareMemory.Coalesce().Select(region =>
                $"{region.Range.Start}+0x{region.Range.Length:x} {(region.Kind.Type is 0 or > 12 ? 2 : region.Kind.Type)}"),
        ];
        string? other = found.Except(expected).Concat(expected.Except(found)).FirstOrDefault();
        return new Verdict(found.SequenceEqual(expected), other ?? $"{found.Count} entries");
    }

    /// <summary>What the firmware has at that place, whatever it is; the crossing must not run over it.</summary>
    /// <param name="arrival">The machine.</param>
    /// <param name="read">Reads its memory.</param>
    /// <param name="map">EFI_MAP, with zeros behind the map where there is more room.</param>
    /// <param name="place">Where the firmware's map is.</param>
    internal static Verdict CopiedContent(
        Arrival arrival, Func<ulong, int, byte[]> read, byte[] map, EfiMapPlace place)
    {
        byte[] expected = read(place.Range.Start.Value, (int)place.Range.Length);
        if (map.Length < EfiHeader + expected.Length || BitConverter.ToUInt64(map) != place.Range.Length
            || BitConverter.ToUInt64(map, 8) != place.DescriptorSize
            || BitConverter.ToUInt64(map, 16) != place.DescriptorVersion || BitConverter.ToUInt64(map, 24) != 0
            || map.AsSpan(EfiHeader + expected.Length).IndexOfAnyExcept((byte)0) >= 0)
        {
            return Verdict.Broken(
                $"{map.Length} bytes, in front {BitConverter.ToUInt64(map)} of {BitConverter.ToUInt64(map, 8)}");
        }

        return arrival.Handoff.Segments.Any(segment => segment.Destination.Overlaps(place.Range))
            ? Verdict.Broken($"a segment lies over the firmware's map at {place.Range}")
            : new Verdict(map.AsSpan(EfiHeader, expected.Length).SequenceEqual(expected), $"copied from {place.Range}");
    }

    /// <summary>Whether a record EFI_MAP has the descriptors that are expected.</summary>
    private static Verdict EfiContent(byte[] map, IReadOnlyList<EfiMemoryDescriptor> expected)
    {
        if (map.Length < EfiHeader)
        {
            return Verdict.Broken($"{map.Length} bytes");
        }

        ulong size = BitConverter.ToUInt64(map);
        ulong stride = BitConverter.ToUInt64(map, 8);
        if (size != (ulong)(map.Length - EfiHeader) || stride < 40 || stride > 1024
            || size / stride != (ulong)expected.Count || size % stride != 0
            || BitConverter.ToUInt64(map, 16) != 1 || BitConverter.ToUInt64(map, 24) != 0)
        {
            return Verdict.Broken($"0x{size:x} bytes of descriptors of {stride}, version {BitConverter.ToUInt64(map, 16)}");
        }

        for (int i = 0; i < expected.Count; i++)
        {
            ReadOnlySpan<byte> place = map.AsSpan(EfiHeader + (i * (int)stride), (int)stride);
            EfiMemoryDescriptor descriptor = expected[i];
            bool isRight = BitConverter.ToUInt64(place) == descriptor.Type
                && BitConverter.ToUInt64(place[8..]) == descriptor.Range.Start.Value
                && BitConverter.ToUInt64(place[16..]) == descriptor.VirtualStart
                && BitConverter.ToUInt64(place[24..]) == descriptor.Range.Length / DestinationSpace.Page
                && BitConverter.ToUInt64(place[32..]) == descriptor.Attributes
                && place[40..].IndexOfAnyExcept((byte)0) < 0;
            if (!isRight)
            {
                return Verdict.Broken($"descriptor {i} is not that of {descriptor.Range}");
            }
        }

        return Verdict.Kept($"{expected.Count} descriptors");
    }

    private Verdict? Handle(X64Arrival arrival)
    {
        if (FreeBsdContract.ReadChain(arrival).Kernel is not { } kernel)
        {
            return null;
        }

        ulong? expected = TellsEfi ? contract.Machine.Efi?.SystemTable?.Value : null;
        ulong? found = kernel.Number(ModInfo.FirmwareHandle);
        bool isRight = found == expected && kernel.Text(ModInfo.EfiArchitecture) == (TellsEfi ? "amd64" : null);
        return new Verdict(isRight, found is null ? "there is none" : $"0x{found:x}");
    }

    private Verdict? Screen(X64Arrival arrival)
    {
        if (FreeBsdContract.ReadChain(arrival).Kernel is not { } kernel)
        {
            return null;
        }

        byte[]? found = kernel[IsUefi ? ModInfo.EfiFramebuffer : ModInfo.VbeFramebuffer];
        byte[]? other = kernel[IsUefi ? ModInfo.VbeFramebuffer : ModInfo.EfiFramebuffer];
        MetadataRecord? expected = FirmwareRecords.Framebuffer(contract.Machine);
        bool isRight = other is null
            && (found is null ? expected is null : expected?.Payload.Span.SequenceEqual(found) == true);
        return new Verdict(
            isRight,
            found is not { Length: >= 24 } ? "there is none"
                : $"{BitConverter.ToUInt32(found, 20)} x {BitConverter.ToUInt32(found, 16)} "
                + $"at 0x{BitConverter.ToUInt64(found):x}");
    }
}
