using Baton.Bytes;
using Baton.Formats.DeviceTrees;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Protocols.LinuxArm64;
using Baton.Trampolines;

namespace Baton.Protocols.FreeBsd;

/// <summary>
/// What an arm64 kernel is told of UEFI: where the firmware's tables are, which each boot decides anew, and its memory map,
/// which lies in memory that nobody is shown. The trampoline puts all of it into place, from numbers of the boot at hand.
/// </summary>
internal sealed class Arm64UefiCrossing
{
    /// <summary>How much longer than the recorded boot's the map of a later boot may be: 170 descriptors.</summary>
    private const ulong Spare = 8192;

    /// <summary>Digits in front of the RSDP's: 0x.</summary>
    private const int HexPrefix = 2;

    private static readonly string[] Names =
    [
        RunningDeviceTree.UefiSystemTable, RunningDeviceTree.UefiMapStart, RunningDeviceTree.UefiMapSize,
        RunningDeviceTree.UefiDescriptorSize, RunningDeviceTree.UefiDescriptorVersion,
    ];

    private readonly FreeBsdRequest _request;
    private readonly EfiMapPlace _map;
    private readonly DeviceNode _chosen;

    private Arm64UefiCrossing(FreeBsdRequest request, EfiMapPlace map, DeviceNode chosen)
    {
        _request = request;
        _map = map;
        _chosen = chosen;
    }

    /// <summary>The crossing's part in a handoff.</summary>
    /// <exception cref="ImageFormatException">The machine's device tree does not lead to the map.</exception>
    public static Arm64UefiCrossing Of(FreeBsdRequest request)
    {
        Machine machine = request.Machine;
        DeviceNode? chosen = RunningDeviceTree.Of(machine)?.Root.Child(ChosenProperties.Node);
        if (machine.Efi?.HiddenMap is not { } map || chosen is null)
        {
            throw Fault(
                machine,
                "EFI_MAP",
                $"the machine has UEFI firmware, and /{RunningDeviceTree.Path} does not say where its memory map is; FreeBSD "
                + "needs the whole map, and no other file has it: record the machine anew as root");
        }

        foreach ((int i, string name) in Names.Index())
        {
            int length = chosen.Property(name)?.Value.Length ?? 0;
            if (length != FreeBsdArm64Trampoline.ValueLengths[i])
            {
                throw Fault(
                    machine,
                    name,
                    $"{RunningDeviceTree.Path} has {length} bytes of it in /chosen, expected "
                    + $"{FreeBsdArm64Trampoline.ValueLengths[i]}");
            }
        }

        return new Arm64UefiCrossing(request, map, chosen);
    }

    /// <summary>The records that are filled in by the crossing.</summary>
    public IEnumerable<MetadataRecord> Records =>
        [FirmwareRecords.EfiMap(Room), MetadataRecord.Of(ModInfo.FirmwareHandle, 0UL)];

    /// <summary>Where the map comes from.</summary>
    public EfiMapPlace Map => _map;

    /// <summary>Bytes for the map: in a later boot it may be longer.</summary>
    private ulong Room => _request.IsForThisBoot ? _map.Range.Length : (_map.Range.Length + Spare + 7) & ~7UL;

    /// <summary>The properties that the trampoline does not read, in the order in which it has room for them.</summary>
    private IEnumerable<DeviceProperty> Unread => _chosen.Properties.Where(property =>
        property.Name.StartsWith(RunningDeviceTree.UefiPrefix, StringComparison.Ordinal) && !Names.Contains(property.Name));

    /// <summary>The trampoline.</summary>
    /// <param name="image">What is preloaded.</param>
    /// <param name="environment">The variables in it.</param>
    /// <param name="space">Where it goes.</param>
    /// <param name="segments">What is preloaded, in memory: the kernel first, what is written to last.</param>
    public byte[] Trampoline(
        PreloadImage image, KernelEnvironment environment, DestinationSpace space, IReadOnlyList<Segment> segments) =>
        FreeBsdArm64Trampoline.Build(
            new FreeBsdArm64TrampolineRequest
            {
                Entry = space.Physical(_request.Kernel.Elf.Entry),
                Kernel = segments[0].Destination,
                ModuleP = image.ModuleP,
                Values = [.. Names.Select(name => _chosen.Property(name)!.Value)],
                MapTo = Place(image, space, ModInfo.Arm64EfiMap),
                SystemTableTo = Place(image, space, ModInfo.FirmwareHandle),
                Rsdp = _request.Machine.AcpiRsdp ?? PhysicalAddress.Zero,
                RsdpTo = [.. Digits(image, environment, space)],
                Written = segments[^1].Destination,
            },
            Unread.SelectMany(property => property.Value.ToArray()).ToArray());

    /// <summary>What is copied.</summary>
    public MemoryCopy Copy(PreloadImage image, DestinationSpace space) => new(
        "EFI memory map", _map.Range, Place(image, space, ModInfo.Arm64EfiMap) + FirmwareRecords.EfiMapHeader);

    /// <summary>What is written beside it.</summary>
    public IEnumerable<CrossingWrite> Writes(PreloadImage image, KernelEnvironment environment, DestinationSpace space) =>
    [
        new("EFI_MAP's header", new PhysicalRange(
            Place(image, space, ModInfo.Arm64EfiMap), FirmwareRecords.EfiMapHeader)),
        new("FW_HANDLE", new PhysicalRange(Place(image, space, ModInfo.FirmwareHandle), sizeof(ulong))),
        .. Digits(image, environment, space).Select(place => new CrossingWrite(
            "RSDP's address", new PhysicalRange(place, FreeBsdArm64Trampoline.DigitsOfAddress))),
    ];

    /// <summary>What holds for one boot only: all that the trampoline starts from.</summary>
    public IEnumerable<BootValue> BootValues(KernelEnvironment environment)
    {
        foreach ((int i, string name) in Names.Index())
        {
            yield return new BootValue(
                FreeBsdPlanner.TrampolineName, FreeBsdArm64Trampoline.OffsetOf(i), name, FreeBsdArm64Trampoline.ValueLengths[i])
            {
                Most = name == RunningDeviceTree.UefiMapSize ? Room : null,
            };
        }

        int at = FreeBsdArm64Trampoline.Unread;
        foreach (DeviceProperty property in Unread)
        {
            yield return new BootValue(FreeBsdPlanner.TrampolineName, at, property.Name, property.Value.Length);
            at += property.Value.Length;
        }

        if (Told(environment).Any())
        {
            string line = _request.Machine.AcpiRsdpSource[EfiSystab.Source.Length..];
            yield return new BootValue(FreeBsdPlanner.TrampolineName, FreeBsdArm64Trampoline.Rsdp, line, sizeof(ulong))
            {
                Source = BootValueSource.EfiSystab,
            };
        }
    }

    /// <summary>The variables with the RSDP's address that the user has not set.</summary>
    private IEnumerable<string> Told(KernelEnvironment environment) =>
        ((string[])[KernelVariables.Rsdp, KernelVariables.OldRsdp]).Where(name =>
            _request.Machine.AcpiRsdp is not null && _request.Variables[name] is null && environment[name] is not null);

    private IEnumerable<PhysicalAddress> Digits(PreloadImage image, KernelEnvironment environment, DestinationSpace space) =>
        Told(environment).Select(name => space.Physical(image.EnvP + (ulong)environment.OffsetOf(name)! + HexPrefix));

    private static PhysicalAddress Place(PreloadImage image, DestinationSpace space, uint record) =>
        space.Physical(image.PayloadOf(record)!.Value);

    private static ImageFormatException Fault(Machine machine, string field, string problem) =>
        new(ImageError.Missing, new ImageLocation(machine.Source, 0, field), problem);
}
