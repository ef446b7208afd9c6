using Baton.Bytes;
using Baton.Formats.Arm64Image;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Protocols.Linux;
using Baton.Trampolines;

namespace Baton.Protocols.LinuxArm64;

/// <summary>
/// Plans a handoff by Documentation/arch/arm64/booting.rst: where kernel, initrd, device tree and trampoline go, and what is
/// in the last two. Pure: the same request gives the same handoff.
/// </summary>
public sealed class LinuxArm64Planner
{
    /// <summary>The protocol's name.</summary>
    public const string Protocol = "Linux/arm64";

    /// <summary>
    /// Destinations are whole pages of the running kernel, whose size no file tells: 64 KiB are whole pages to any.
    /// </summary>
    public const ulong Page = 0x1_0000;

    /// <summary>Names of the segments, as --place takes them.</summary>
    public static readonly IReadOnlyList<string> SegmentNames = ["kernel", "initrd", "dtb", "trampoline"];

    private readonly LinuxArm64Request _request;
    private readonly LinuxArm64Kernel _kernel;
    private readonly Machine _machine;
    private readonly SegmentPlaces _places;
    private readonly List<Finding> _findings = [];
    private IReadOnlyList<BootValue> _bootValues = [];

    private LinuxArm64Planner(LinuxArm64Request request)
    {
        _request = request;
        _kernel = request.Kernel;
        _machine = request.Machine;
        _places = new SegmentPlaces(_kernel.Name, _machine.Usable, request.Places, Page);
    }

    /// <summary>Makes the plan.</summary>
    /// <exception cref="PlacementException">Something finds no place; the message lists the free memory.</exception>
    /// <exception cref="ImageFormatException">
    /// The machine is another or has no device tree, or the command line or a demanded place breaks a rule.
    /// </exception>
    public static Handoff Plan(LinuxArm64Request request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new LinuxArm64Planner(request).Plan();
    }

    private Handoff Plan()
    {
        if (_machine.Architecture != Architecture.Arm64)
        {
            throw _places.Refuse(
                ImageError.WrongArchitecture, "architecture", $"an arm64 kernel, and the machine is {_machine.Architecture}");
        }

        CommandLine.Check(
            _request.CommandLine,
            LinuxArm64Kernel.CommandLineLimit,
            new ImageLocation(_kernel.Name, 0, ChosenProperties.BootArgs));
        PhysicalRange kernel = PlaceKernel();
        PhysicalRange? initrd = PlaceInitrd(kernel);
        PhysicalAddress deviceTree = PlaceDeviceTree(initrd);
        PhysicalAddress entry = PlaceTrampoline(kernel.Start, deviceTree);
        return new Handoff
        {
            Architecture = Architecture.Arm64,
            Protocol = Protocol,
            Segments = _places.Segments,
            Entry = entry,
            KernelEntry = kernel.Start,
            CommandLine = _request.CommandLine,
            NextMemory = _machine.FirmwareMemory.Coalesce(),
            Reservations = [new Reservation("image_size", kernel)],
            BootValues = _bootValues,
            HasInterruptTables = _bootValues.Count == 0 && RunningDeviceTree.Of(_machine)?.HasInterruptTables() == true,
            Findings = _findings,
        };
    }

    /// <summary>The memory from the kernel's first byte on that is its own.</summary>
    private PhysicalRange PlaceKernel()
    {
        ulong offset = _kernel.Header.TextOffset;
        PhysicalAddress start;
        string reason;
        if (_places.Demanded("kernel") is { } demanded)
        {
            if (demanded.Value < offset || !(demanded - offset).IsAligned(Arm64ImageHeader.BaseAlignment))
            {
                throw _places.Refuse(
                    ImageError.OutOfRange,
                    Arm64ImageFields.TextOffset.Name,
                    $"{demanded} is not text_offset 0x{offset:x} above a multiple of 0x{Arm64ImageHeader.BaseAlignment:x}");
            }

            PhysicalAddress aligned = demanded.AlignDown(Page);
            _places.TakeDemanded("kernel", aligned, _places.RoundUp(_kernel.MemorySize + (demanded - aligned)));
            start = demanded;
            reason = "as demanded";
        }
        else
        {
            // From the 2 MiB boundary on: what lies below the image is of no use to an old kernel anyway.
            PhysicalRange room = _places.Allocate(new PlacementRequest
            {
                Name = "kernel",
                Length = _places.RoundUp(offset + _kernel.MemorySize),
                Alignment = Arm64ImageHeader.BaseAlignment,
            });
            start = room.Start + offset;
            reason = _kernel.Header.Anywhere
                ? "the lowest place that is large enough; it may be anywhere"
                : "as low as possible: the kernel cannot use the memory below";
        }

        PhysicalAddress first = start.AlignDown(Page);
        ulong lead = start - first;
        SegmentContent content = new(new ContentPart((long)lead, _kernel.Source, 0, _kernel.LoadedLength));

        // With what is behind the file: kernels from 6.9 on keep a stack there before they turn the MMU on, and kexec cleans
        // nothing from the caches but segments.
        PhysicalRange whole = new(first, _places.RoundUp(lead + _kernel.MemorySize));
        _places.Add("kernel", whole, content, reason);
        NoteLostMemory(start);
        return new PhysicalRange(start, _kernel.MemorySize);
    }

    private void NoteLostMemory(PhysicalAddress start)
    {
        if (_kernel.Header.Anywhere || _machine.FirmwareMemory.Ram is not { Count: > 0 } ram)
        {
            return;
        }

        PhysicalAddress boundary = start - _kernel.Header.TextOffset;
        ulong lost = ram.Clip(PhysicalRange.Between(PhysicalAddress.Zero, boundary)).Length;
        if (lost > 0)
        {
            _findings.Add(new Finding(
                Severity.Warning,
                "memory-below-kernel",
                $"the kernel can use only the memory above it (flag 3 of its header is clear): {lost >> 20} MiB below "
                + $"{boundary} are lost to it"));
        }
    }

    private PhysicalRange? PlaceInitrd(PhysicalRange kernel)
    {
        if (_request.Initrd is not { Length: > 0 } content)
        {
            return null;
        }

        ulong length = _places.RoundUp((ulong)content.Length);
        PhysicalRange place;
        string reason = "the lowest place above the kernel";
        if (_places.Demanded("initrd") is { } demanded)
        {
            place = _places.TakeDemanded("initrd", demanded, length);
            if (!InitrdWindow.Holds(kernel, place))
            {
                throw _places.Refuse(
                    ImageError.OutOfRange,
                    "initrd",
                    $"the initrd {place} is in no window of 32 GiB from a multiple of 1 GiB with the kernel {kernel}");
            }

            reason = "as demanded";
        }
        else
        {
            PhysicalRange window = InitrdWindow.Around(kernel);
            PlacementRequest wanted = new()
            {
                Name = "initrd",
                Length = length,
                Alignment = Page,
                Min = kernel.End,
                Max = window.End,
                Cost = _machine.FreePages is { } free ? range => free.FreeBytesOf(range) : null,
            };
            try
            {
                place = _places.Allocate(wanted);
            }
            catch (PlacementException)
            {
                place = _places.Allocate(wanted with { Min = window.Start, Direction = PlacementDirection.TopDown });
                reason = "below the kernel, in the 32 GiB around it";
            }

            if (_machine.FreePages is not null)
            {
                reason = "the place with the fewest free pages, which loads fastest";
            }
        }

        _places.Add("initrd", place, content, reason);
        return new PhysicalRange(place.Start, (ulong)content.Length);
    }

    private PhysicalAddress PlaceDeviceTree(PhysicalRange? initrd)
    {
        NextDeviceTree next = NextDeviceTree.Prepare(_request, initrd);
        ulong length = _places.RoundUp(next.Length);
        PhysicalRange place;
        if (_places.Demanded("dtb") is { } demanded)
        {
            place = _places.TakeDemanded("dtb", demanded, length);
            PhysicalRange tree = new(demanded, next.Length);
            if (tree.End > tree.Start.AlignDown(NextDeviceTree.LargestBlob) + NextDeviceTree.LargestBlob)
            {
                throw _places.Refuse(
                    ImageError.OutOfRange,
                    "dtb",
                    $"the device tree {tree} crosses a multiple of 0x{NextDeviceTree.LargestBlob:x}");
            }
        }
        else
        {
            place = _places.Allocate(new PlacementRequest
            {
                Name = "dtb",
                Length = length,
                Alignment = Math.Max(Page, next.Alignment),
            });
        }

        byte[] blob = next.Build(place.Start);
        _bootValues = NextDeviceTree.BootValues(blob);
        _places.Add(
            "dtb",
            place,
            SegmentContent.OfBytes(blob, "dtb"),
            _request.DeviceTree.IsEmpty
                ? "the running kernel's device tree, with a new /chosen"
                : "the given device tree, with the machine's memory and a new /chosen");
        return place.Start;
    }

    private PhysicalAddress PlaceTrampoline(PhysicalAddress kernel, PhysicalAddress deviceTree)
    {
        byte[] code = Arm64Trampoline.Build(kernel, deviceTree.Value);
        PhysicalRange place = _places.Take(new PlacementRequest
        {
            Name = "trampoline",
            Length = _places.RoundUp((ulong)code.Length),
            Alignment = Page,
        });
        _places.Add("trampoline", place, SegmentContent.OfBytes(code, "trampoline"), "loads x0 to x3 and branches");
        return place.Start;
    }
}
