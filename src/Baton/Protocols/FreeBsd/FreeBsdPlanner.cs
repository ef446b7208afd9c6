using Baton.Bytes;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Trampolines;

namespace Baton.Protocols.FreeBsd;

/// <summary>
/// Plans a handoff to a FreeBSD kernel on amd64: the kernel with its symbols, the files behind it, environment and
/// metadata chain, all in one run of memory, and the trampoline apart from it. Pure: the same request gives the same
/// handoff.
/// </summary>
public sealed class FreeBsdPlanner
{
    /// <summary>The protocol's name.</summary>
    public const string Protocol = "FreeBSD/amd64";

    /// <summary>The name of the segment that is entered.</summary>
    internal const string TrampolineName = "trampoline";

    /// <summary>Names of the segments.</summary>
    public static readonly IReadOnlyList<string> SegmentNames = ["kernel", "files", "metadata", TrampolineName];

    /// <summary>
    /// What the kernel takes from the memory behind kernend before it has read its map: stacks, per-processor data and its
    /// page tables. The stock loader keeps 8 MiB.
    /// </summary>
    private const ulong Slop = 16UL << 20;

    /// <summary>A page of page tables for each GiB of memory, where the processor has no pages of 1 GiB.</summary>
    private const ulong SlopPerGiB = 4096;

    /// <summary>Below this lies what the BIOS and the next kernel's processors need.</summary>
    private static readonly PhysicalAddress OneMiB = new(0x10_0000);

    private readonly FreeBsdRequest _request;
    private readonly Machine _machine;
    private readonly KernelEnvironment _environment;
    private readonly List<Finding> _findings = [];

    private FreeBsdPlanner(FreeBsdRequest request)
    {
        _request = request;
        _machine = request.Machine;
        _environment = KernelVariables.Of(request);
    }

    /// <summary>Makes the plan.</summary>
    /// <exception cref="PlacementException">Something finds no place; the message lists the free memory.</exception>
    /// <exception cref="ImageFormatException">
    /// The kernel or a file is for another architecture or malformed, a variable is too long, or the machine's memory map is
    /// not known well enough.
    /// </exception>
    public static Handoff Plan(FreeBsdRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new FreeBsdPlanner(request).Plan();
    }

    /// <summary>The memory behind kernend that a kernel takes before it has read its map, in bytes.</summary>
    public static ulong SlopFor(Machine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ulong top = machine.FirmwareMemory.Ram is { Count: > 0 } ram ? ram[^1].End.Value : 0;
        return DestinationSpace.RoundUp(Slop + ((top >> 30) * SlopPerGiB));
    }

    private Handoff Plan()
    {
        FreeBsdKernelFile kernel = _request.Kernel;
        _request.Require(Architecture.X64);
        List<MetadataRecord> firmware = Firmware();
        PreloadImage image = PreloadImage.Lay(_request, _environment, firmware, []);
        RangeSet extra = LegacyMemory.Extra(_request);
        PhysicalAllocator allocator = new(_machine.Usable.Union(extra).ShrinkTo(DestinationSpace.Page));
        (DestinationSpace space, PhysicalRange window) = PlacePreload(allocator, image.KernEnd);
        GiveUp(extra, PhysicalRange.Between(space.Physical(DestinationSpace.KernelStart), window.End), allocator);
        List<Segment> segments = [.. image.Segments(space, Where(space))];
        MemoryCopy? copy = FirmwareRecords.CopiedMap(_request) is { } map && image.PayloadOf(ModInfo.EfiMap) is { } payload
            ? new MemoryCopy("EFI memory map", map.Range, space.Physical(payload + FirmwareRecords.EfiMapHeader))
            : null;
        Segment trampoline = PlaceTrampoline(allocator, space, image, copy);
        segments.Add(trampoline);
        _findings.AddRange(KernelVariables.Notes(_request));
        return new Handoff
        {
            Architecture = Architecture.X64,
            Protocol = Protocol,
            Segments = [.. segments.OrderBy(segment => segment.Destination)],
            Entry = trampoline.Destination.Start,
            KernelEntry = new PhysicalAddress(kernel.Elf.Entry),
            CommandLine = _environment.Shown,
            NextMemory = _machine.FirmwareMemory.Coalesce(),
            Reservations = [new Reservation("behind kernend", window)],
            Copies = copy is null ? [] : [copy],
            Findings = _findings,
        };
    }

    /// <summary>The records of memory map, firmware and screen.</summary>
    private List<MetadataRecord> Firmware()
    {
        List<MetadataRecord> records = [];
        if (FirmwareRecords.TellsEfiMap(_request))
        {
            records.Add(FirmwareRecords.CopiedMap(_request) is { } place
                ? FirmwareRecords.EfiMap(place)
                : FirmwareRecords.EfiMap(_machine.Efi!.CompleteMap!));
            if (_machine.Efi!.SystemTable is { } table)
            {
                records.Add(MetadataRecord.Of(ModInfo.FirmwareHandle, table.Value));
            }

            records.Add(MetadataRecord.Of(ModInfo.EfiArchitecture, FirmwareRecords.EfiArchitecture));
        }
        else if (_machine.FirmwareMemory.Ram.Count == 0)
        {
            throw _request.Refuse(ImageError.Missing, "SMAP", "the firmware's memory map is not known, and FreeBSD needs it");
        }
        else
        {
            records.Add(new MetadataRecord(ModInfo.Smap, SmapTable.Write(_machine.FirmwareMemory.Coalesce())));
            if (_machine.Firmware == FirmwareKind.Uefi)
            {
                _findings.Add(new Finding(
                    Severity.Warning,
                    "no-efi-map",
                    "the kernel gets the memory map as a BIOS would give it, and will not use UEFI's runtime services or "
                    + $"say it was booted by UEFI: {WhyNoEfiMap(_machine.Efi)}"));
            }
        }

        if (FirmwareRecords.Framebuffer(_machine) is { } screen)
        {
            records.Add(screen);
        }

        return records;
    }

    private string WhyNoEfiMap(EfiFirmware? efi) => efi switch
    {
        { HiddenMap: not null } when !_request.IsForThisBoot =>
            "the firmware's complete map can only be copied in the boot that was recorded",
        { PlatformBits: not 64 } => $"the firmware is {efi.PlatformBits}-bit and the kernel 64-bit",
        _ => $"the firmware's complete map is not known: {efi?.CompleteMapProblem ?? "it has no ordinary memory"}",
    };

    /// <summary>Takes the memory of all that is preloaded and of what the kernel takes behind it.</summary>
    private (DestinationSpace Space, PhysicalRange Window) PlacePreload(PhysicalAllocator allocator, ulong kernend)
    {
        // A relocatable kernel adds its place to kernend, which counts from KERNBASE: it goes on 2 MiB further up.
        ulong behind = SlopFor(_machine) + (_request.Kernel.Relocatable ? DestinationSpace.KernelStart : 0);
        ulong length = kernend - DestinationSpace.KernelStart + behind;
        PlacementRequest wanted = new()
        {
            Name = _request.Kernel.Relocatable ? "kernel and files" : "kernel and files (the kernel runs only at 0x200000)",
            Length = length,
            Alignment = DestinationSpace.KernelStart,
            Min = new PhysicalAddress(DestinationSpace.KernelStart),
            Max = _request.Kernel.Relocatable
                ? PhysicalAddress.FourGiB
                : new PhysicalAddress(DestinationSpace.KernelStart + length),
        };
        PhysicalRange place = allocator.Allocate(wanted);
        DestinationSpace space = new(place.Start - DestinationSpace.KernelStart);
        return (space, new PhysicalRange(space.Physical(kernend), behind));
    }

    /// <summary>What is no RAM is only for the kernel and what it takes; says what that costs.</summary>
    private void GiveUp(RangeSet extra, PhysicalRange taken, PhysicalAllocator allocator)
    {
        foreach (PhysicalRange range in extra)
        {
            allocator.Remove(range);
        }

        if (extra.Clip(taken) is { Count: > 0 } lost)
        {
            _findings.Add(new Finding(
                Severity.Warning,
                "over-acpi-nvs",
                $"the kernel runs only at 2 MiB and takes {taken}: what the firmware keeps for sleep in {lost} is lost, as "
                + "with FreeBSD's own loader; do not suspend to memory (S3)"));
        }
    }

    private string Where(DestinationSpace space) => !_request.Kernel.Relocatable
        ? "the one place where it runs"
        : $"the lowest 2 MiB with room for everything; KERNBASE leads to {space.Staging}";

    private Segment PlaceTrampoline(
        PhysicalAllocator allocator, DestinationSpace space, PreloadImage image, MemoryCopy? copy)
    {
        PhysicalRange place = allocator.Allocate(new PlacementRequest
        {
            Name = "trampoline",
            Length = FreeBsdX64Trampoline.Length,
            Min = OneMiB,
            Max = PhysicalAddress.FourGiB,
        });
        ReadOnlyMemory<byte> bytes = FreeBsdX64Trampoline.Build(new FreeBsdX64TrampolineRequest
        {
            Base = place.Start,
            Staging = space.Staging,
            Entry = _request.Kernel.Elf.Entry,
            ModuleP = (uint)image.ModuleP,
            KernEnd = (uint)image.KernEnd,
            CopyFrom = copy?.From,
            CopyTo = copy?.To ?? PhysicalAddress.Zero,
        });
        return new Segment(TrampolineName, place, SegmentContent.OfBytes(bytes, TrampolineName))
        {
            Reason = "code, GDT, page tables and stack",
        };
    }
}
