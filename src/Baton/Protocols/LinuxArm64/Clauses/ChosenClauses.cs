using Baton.Formats.DeviceTrees;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;

namespace Baton.Protocols.LinuxArm64.Clauses;

/// <summary>What /chosen tells the next kernel.</summary>
internal sealed class ChosenClauses(LinuxArm64Contract contract)
{
    private const string ChosenPath = "/" + ChosenProperties.Node;

    private const string Binding = "dt-schema, chosen.yaml";

    public IEnumerable<Clause<Arm64Arrival>> All =>
    [
        new("bootargs", "bootargs is the command line, or is not there if that is empty.",
            "Devicetree Specification v0.4, section 3.6", WithChosen(BootArgs)),
        new("initrd-properties", "linux,initrd-start and linux,initrd-end are where the initrd is, or are not there.", Binding,
            arrival => WithChosen(chosen => Initrd(chosen, arrival))(arrival)),
        new("initrd-bytes", "The initrd's bytes are in RAM from linux,initrd-start on.", LinuxArm64Contract.CallImage,
            arrival => WithChosen(chosen => InitrdBytes(chosen, arrival))(arrival)),
        new("kaslr-seed", "kaslr-seed is the new one, or is not there.", Binding,
            WithChosen(chosen => Seed(chosen, ChosenProperties.KaslrSeed, contract.Request.KaslrSeed))),
        new("rng-seed", "rng-seed is the new one, or is not there.", Binding,
            WithChosen(chosen => Seed(chosen, ChosenProperties.RngSeed, contract.Request.RngSeed))),
        new("stale-properties", "Nothing is left in /chosen that was for the running kernel alone.",
            LinuxArm64Contract.OwnPromise, WithChosen(Stale)),
        new("chosen-rest", "Everything else in /chosen is the base tree's, and the UEFI properties the running kernel's.",
            "Documentation/arch/arm/uefi.rst; docs/protocols/linux-arm64.md, The device tree", WithChosen(Rest)),
    ];

    /// <summary>Where the initrd must be, to the byte; null when there is none.</summary>
    public static PhysicalRange? ExpectedInitrd(LinuxArm64Contract contract, Arm64Arrival arrival) =>
        contract.Request.Initrd is { Length: > 0 } content && arrival.Segment("initrd") is { } segment
            ? new PhysicalRange(segment.Destination.Start, (ulong)content.Length)
            : null;

    /// <summary>Judges what is in /chosen; nothing to judge where there is no tree.</summary>
    private static Func<Arm64Arrival, Verdict?> WithChosen(Func<DeviceNode, Verdict> judge) =>
        arrival => DeviceTreeClauses.Read(arrival) is not { } tree ? null
            : tree.Root.Child(ChosenProperties.Node) is { } chosen ? judge(chosen)
            : Verdict.Broken("there is no /chosen");

    private Verdict BootArgs(DeviceNode chosen)
    {
        string? found = chosen.Property(ChosenProperties.BootArgs) is { } property ? property.Text ?? "no text" : null;
        string? expected = contract.Request.CommandLine.Length > 0 ? contract.Request.CommandLine : null;
        return new Verdict(found == expected, found is null ? "not there" : $"\"{found}\"");
    }

    private Verdict Initrd(DeviceNode chosen, Arm64Arrival arrival)
    {
        DeviceProperty? start = chosen.Property(ChosenProperties.InitrdStart);
        DeviceProperty? end = chosen.Property(ChosenProperties.InitrdEnd);
        return ExpectedInitrd(contract, arrival) is { } expected
            ? new Verdict(
                start?.Number == expected.Start.Value && end?.Number == expected.End.Value,
                $"0x{start?.Number:x} to 0x{end?.Number:x}, the initrd is {expected}")
            : new Verdict(start is null && end is null && contract.Request.Initrd is null or { Length: 0 }, "no initrd");
    }

    private Verdict InitrdBytes(DeviceNode chosen, Arm64Arrival arrival)
    {
        const int Compared = 4096;
        if (contract.Request.Initrd is not { Length: > 0 } content)
        {
            return Verdict.Kept("no initrd");
        }

        ulong start = chosen.Property(ChosenProperties.InitrdStart)?.Number ?? 0;
        byte[] expected = new byte[Math.Min(Compared, content.Length)];
        content.Read(0, expected);
        return new Verdict(
            arrival.IsWritten(start, (ulong)content.Length)
                && arrival.Read(start, expected.Length).AsSpan().SequenceEqual(expected)
                && PhysicalRange.Fits(new PhysicalAddress(start), (ulong)content.Length)
                && contract.Machine.FirmwareMemory.Ram.Contains(
                    new PhysicalRange(new PhysicalAddress(start), (ulong)content.Length)),
            $"0x{content.Length:x} bytes at 0x{start:x}");
    }

    private static Verdict Seed(DeviceNode chosen, string name, ReadOnlyMemory<byte> expected)
    {
        ReadOnlyMemory<byte>? found = chosen.Property(name)?.Value;
        return expected.IsEmpty
            ? new Verdict(found is null, found is null ? "not there" : "there, and nobody gave one")
            : new Verdict(
                found is { } bytes && bytes.Span.SequenceEqual(expected.Span), $"{found?.Length ?? 0} bytes");
    }

    private static Verdict Stale(DeviceNode chosen)
    {
        // Those that are set anew have clauses of their own.
        string[] ours =
        [
            ChosenProperties.BootArgs, ChosenProperties.InitrdStart, ChosenProperties.InitrdEnd, ChosenProperties.KaslrSeed,
            ChosenProperties.RngSeed,
        ];
        string? left = ChosenProperties.Stale.Except(ours).FirstOrDefault(name => chosen.Property(name) is not null);
        return Verdict.Unless(left is null ? null : $"{left} is left", "nothing is left");
    }

    private Verdict Rest(DeviceNode chosen)
    {
        string[] before =
        [
            .. contract.Base?.Root.Child(ChosenProperties.Node) is { } old ? Lines(old).Where(line => !IsUefi(line)) : [],
            .. contract.Running?.Root.Child(ChosenProperties.Node) is { } running ? Lines(running).Where(IsUefi) : [],
        ];
        string[] now = [.. Lines(chosen)];
        string? strange = now.Except(before).FirstOrDefault();
        string? lost = before.Except(now).FirstOrDefault();
        return Verdict.Unless(
            strange is not null ? $"new: {strange}" : lost is not null ? $"lost: {lost}" : null, $"{now.Length} properties");
    }

    private static bool IsUefi(string line) =>
        line.StartsWith($"{ChosenPath}:{RunningDeviceTree.UefiPrefix}", StringComparison.Ordinal);

    /// <summary>A line for each node, and for each property that is no loader's.</summary>
    private static IEnumerable<string> Lines(DeviceNode chosen) =>
        chosen.Subtree().SelectMany(node => node.Properties
            .Where(property => node != chosen || !ChosenProperties.Stale.Contains(property.Name))
            .Select(property => DeviceTreeClauses.LineOf(node, property))
            .Prepend(DeviceTreeClauses.LineOf(node))
            .Where(line => line != ChosenPath));
}
