using System.Text;
using Baton.Bytes;
using Baton.Formats.Arm64Image;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
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
    private readonly PhysicalAllocator _allocator;
    private readonly List<Finding> _findings = [];
    private readonly List<Segment> _segments = [];
    private IReadOnlyList<BootValue> _bootValues = [];

    private LinuxArm64Planner(LinuxArm64Request request)
    {
        _request = request;
        _kernel = request.Kernel;
        _machine = request.Machine;
        _allocator = new PhysicalAllocator(_machine.Usable.ShrinkTo(Page));
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
            throw Refuse(
                ImageError.WrongArchitecture, "architecture", $"an arm64 kernel, and the machine is {_machine.Architecture}");
        }

        CheckCommandLine();
        PhysicalRange kernel = PlaceKernel();
        PhysicalRange? initrd = PlaceInitrd(kernel);
        PhysicalAddress deviceTree = PlaceDeviceTree(initrd);
        PhysicalAddress entry = PlaceTrampoline(kernel.Start, deviceTree);
        return new Handoff
        {
            Architecture = Architecture.Arm64,
            Protocol = Protocol,
            Segments = [.. _segments.OrderBy(segment => segment.Destination)],
            Entry = entry,
            KernelEntry = kernel.Start,
            CommandLine = _request.CommandLine,
            NextMemory = _machine.FirmwareMemory.Coalesce(),
            Reservations = [new Reservation("image_size", kernel)],
            BootValues = _bootValues,
            Findings = _findings,
        };
    }

    private void CheckCommandLine()
    {
        int length = Encoding.UTF8.GetByteCount(_request.CommandLine);
        if (length > LinuxArm64Kernel.CommandLineLimit)
        {
            throw Refuse(
                ImageError.OutOfRange,
                ChosenProperties.BootArgs,
                $"the command line has {length} bytes, a kernel takes {LinuxArm64Kernel.CommandLineLimit}");
        }

        int control = _request.CommandLine.AsSpan().IndexOfAnyInRange('\0', '\u001f');
        if (control >= 0 && _request.CommandLine[control] != '\t')
        {
            throw Refuse(
                ImageError.OutOfRange,
                ChosenProperties.BootArgs,
                $"control character 0x{(int)_request.CommandLine[control]:x2} at position {control} of the command line");
        }
    }

    /// <summary>The memory from the kernel's first byte on that is its own.</summary>
    private PhysicalRange PlaceKernel()
    {
        ulong offset = _kernel.Header.TextOffset;
        PhysicalAddress start;
        string reason;
        if (DemandedPlace("kernel") is { } demanded)
        {
            if (demanded.Value < offset || !(demanded - offset).IsAligned(Arm64ImageHeader.BaseAlignment))
            {
                throw Refuse(
                    ImageError.OutOfRange,
                    Arm64ImageFields.TextOffset.Name,
                    $"{demanded} is not text_offset 0x{offset:x} above a multiple of 0x{Arm64ImageHeader.BaseAlignment:x}");
            }

            PhysicalAddress aligned = demanded.AlignDown(Page);
            TakeDemanded("kernel", aligned, RoundUp(_kernel.MemorySize + (demanded - aligned)));
            start = demanded;
            reason = "as demanded";
        }
        else
        {
            // From the 2 MiB boundary on: what lies below the image is of no use to an old kernel anyway.
            PhysicalRange whole = _allocator.Allocate(new PlacementRequest
            {
                Name = "kernel",
                Length = RoundUp(offset + _kernel.MemorySize),
                Alignment = Arm64ImageHeader.BaseAlignment,
            });
            start = whole.Start + offset;
            reason = _kernel.Header.Anywhere
                ? "the lowest place that is large enough; it may be anywhere"
                : "as low as possible: the kernel cannot use the memory below";
        }

        PhysicalAddress first = start.AlignDown(Page);
        ulong lead = start - first;
        SegmentContent content = new(new ContentPart((long)lead, _kernel.Source, 0, _kernel.LoadedLength));
        PhysicalRange loaded = new(first, RoundUp(lead + (ulong)_kernel.LoadedLength));
        _segments.Add(new Segment("kernel", loaded, content) { Reason = reason });
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

        ulong length = RoundUp((ulong)content.Length);
        PhysicalRange place;
        string reason = "the lowest place above the kernel";
        if (DemandedPlace("initrd") is { } demanded)
        {
            place = TakeDemanded("initrd", demanded, length);
            if (!InitrdWindow.Holds(kernel, place))
            {
                throw Refuse(
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
                place = _allocator.Allocate(wanted);
            }
            catch (PlacementException)
            {
                place = _allocator.Allocate(wanted with { Min = window.Start, Direction = PlacementDirection.TopDown });
                reason = "below the kernel, in the 32 GiB around it";
            }

            if (_machine.FreePages is not null)
            {
                reason = "the place with the fewest free pages, which loads fastest";
            }
        }

        _segments.Add(new Segment("initrd", place, content) { Reason = reason });
        return new PhysicalRange(place.Start, (ulong)content.Length);
    }

    private PhysicalAddress PlaceDeviceTree(PhysicalRange? initrd)
    {
        NextDeviceTree next = NextDeviceTree.Prepare(_request, initrd);
        ulong length = RoundUp(next.Length);
        PhysicalRange place;
        if (DemandedPlace("dtb") is { } demanded)
        {
            place = TakeDemanded("dtb", demanded, length);
            PhysicalRange tree = new(demanded, next.Length);
            if (tree.End > tree.Start.AlignDown(NextDeviceTree.LargestBlob) + NextDeviceTree.LargestBlob)
            {
                throw Refuse(
                    ImageError.OutOfRange,
                    "dtb",
                    $"the device tree {tree} crosses a multiple of 0x{NextDeviceTree.LargestBlob:x}");
            }
        }
        else
        {
            place = _allocator.Allocate(new PlacementRequest
            {
                Name = "dtb",
                Length = length,
                Alignment = Math.Max(Page, next.Alignment),
            });
        }

        byte[] blob = next.Build(place.Start);
        _bootValues = NextDeviceTree.BootValues(blob);
        _segments.Add(new Segment("dtb", place, SegmentContent.OfBytes(blob, "dtb"))
        {
            Reason = "the running kernel's device tree, with a new /chosen",
        });
        return place.Start;
    }

    private PhysicalAddress PlaceTrampoline(PhysicalAddress kernel, PhysicalAddress deviceTree)
    {
        byte[] code = Arm64Trampoline.Build(kernel, deviceTree.Value);
        PhysicalRange place = DemandedPlace("trampoline") is { } demanded
            ? TakeDemanded("trampoline", demanded, RoundUp((ulong)code.Length))
            : _allocator.Allocate(new PlacementRequest
            {
                Name = "trampoline",
                Length = RoundUp((ulong)code.Length),
                Alignment = Page,
            });
        _segments.Add(new Segment("trampoline", place, SegmentContent.OfBytes(code, "trampoline"))
        {
            Reason = "loads x0 to x3 and branches",
        });
        return place.Start;
    }

    private PhysicalAddress? DemandedPlace(string name) =>
        _request.Places.TryGetValue(name, out PhysicalAddress place) ? place : null;

    private PhysicalRange TakeDemanded(string name, PhysicalAddress start, ulong length)
    {
        if (!start.IsAligned(Page) || !PhysicalRange.Fits(start, length))
        {
            throw Refuse(ImageError.OutOfRange, name, $"{start} is no 64 KiB page of physical memory");
        }

        PhysicalRange place = new(start, length);
        return _allocator.TryTake(place)
            ? place
            : throw new PlacementException(
                new PlacementRequest { Name = name, Length = length, Min = start, Max = place.End }, _allocator.Free);
    }

    private ImageFormatException Refuse(ImageError error, string field, string problem) =>
        new(error, new ImageLocation(_kernel.Name, 0, field), problem);

    private static ulong RoundUp(ulong length) => (length + Page - 1) & ~(Page - 1);
}
