using Baton.Bytes;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Trampolines;

namespace Baton.Protocols.FreeBsd;

/// <summary>
/// Plans a handoff to a FreeBSD kernel on arm64: kernel, files, environment, device tree and metadata chain in one run of
/// memory from a multiple of 2 MiB on, and the trampoline apart from it. Pure: the same request gives the same handoff.
/// </summary>
public sealed class FreeBsdArm64Planner
{
    /// <summary>The protocol's name.</summary>
    public const string Protocol = "FreeBSD/arm64";

    /// <summary>The kernel maps itself with one block of this size before it has its own tables.</summary>
    public const ulong Block = 1UL << 30;

    /// <summary>
    /// The longest chain, in bytes: the kernel maps at least 4 MiB from the chain on, and takes some 2.5 MiB behind it for
    /// its tables before it maps more.
    /// </summary>
    public const ulong LongestChain = 1 << 20;

    private readonly FreeBsdRequest _request;
    private readonly Machine _machine;

    private FreeBsdArm64Planner(FreeBsdRequest request)
    {
        _request = request;
        _machine = request.Machine;
    }

    /// <summary>Makes the plan.</summary>
    /// <exception cref="PlacementException">Something finds no place; the message lists the free memory.</exception>
    /// <exception cref="ImageFormatException">
    /// The kernel or a file is for another architecture or malformed, a variable is too long, or the machine's memory or
    /// devices are not known well enough.
    /// </exception>
    public static Handoff Plan(FreeBsdRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new FreeBsdArm64Planner(request).Plan();
    }

    /// <summary>
    /// Bytes from KERNBASE on that the kernel maps before it looks at its memory map: pages of 2 MiB up to 4 MiB and a bit
    /// behind the chain.
    /// </summary>
    /// <param name="modulep">The chain's distance from KERNBASE.</param>
    public static ulong MappedLength(ulong modulep) =>
        (modulep + (3 * DestinationSpace.KernelStart) - 1) & ~(DestinationSpace.KernelStart - 1);

    private Handoff Plan()
    {
        FreeBsdKernelFile kernel = _request.Kernel;
        _request.Require(Architecture.Arm64);
        Arm64UefiCrossing? uefi = _machine.Firmware == FirmwareKind.Uefi ? Arm64UefiCrossing.Of(_request) : null;
        KernelEnvironment environment = KernelVariables.Of(_request);
        PreloadImage image = PreloadImage.Lay(
            _request, environment, [.. uefi?.Records ?? []], FreeBsdDeviceTree.For(_machine));
        if (image.KernEnd - image.ModuleP > LongestChain)
        {
            throw _request.Refuse(
                ImageError.OutOfRange,
                "modulep",
                $"the metadata chain has 0x{image.KernEnd - image.ModuleP:x} bytes, and a kernel has room for "
                + $"0x{LongestChain:x}");
        }

        PhysicalAllocator allocator = new(_machine.Usable.ShrinkTo(PreloadRules.Arm64.Boundary));
        ulong mapped = MappedLength(image.ModuleP - kernel.KernBase);
        PhysicalRange place = PlacePreload(allocator, mapped);
        DestinationSpace space = new(place.Start, kernel.KernBase);
        PhysicalAddress entry = space.Physical(kernel.Elf.Entry);
        Segment[] segments =
        [
            .. image.Segments(space, $"the lowest 2 MiB with room for everything in one GiB; KERNBASE leads to {place.Start}"),
        ];
        Segment trampoline = PlaceTrampoline(
            allocator,
            uefi?.Trampoline(image, environment, space, segments)
                ?? FreeBsdArm64Trampoline.Build(entry, segments[0].Destination, image.ModuleP));
        return new Handoff
        {
            Architecture = Architecture.Arm64,
            Protocol = Protocol,
            Segments = [.. segments.Append(trampoline).OrderBy(segment => segment.Destination)],
            Entry = trampoline.Destination.Start,
            KernelEntry = entry,
            CommandLine = environment.Shown,
            NextMemory = _machine.FirmwareMemory.Coalesce(),
            Reservations =
                [new Reservation("behind kernend", PhysicalRange.Between(space.Physical(image.KernEnd), place.End))],
            Copies = uefi is null ? [] : [uefi.Copy(image, space)],
            Writes = [.. uefi?.Writes(image, environment, space) ?? []],
            BootValues = [.. uefi?.BootValues(environment) ?? []],
            HasInterruptTables = uefi is null && RunningDeviceTree.Of(_machine)?.HasInterruptTables() == true,
            Findings = [.. KernelVariables.Notes(_request), .. VerboseBoot(environment)],
        };
    }

    /// <summary>A defect of old kernels that ends a boot in silence.</summary>
    private IEnumerable<Finding> VerboseBoot(KernelEnvironment environment)
    {
        if (_machine.Firmware != FirmwareKind.Uefi
            && (_request.Howto | BootFlags.Of(environment)).HasFlag(BootHowto.Verbose))
        {
            yield return new Finding(
                Severity.Warning,
                "verbose-without-efi-map",
                "the boot is verbose and this machine has no EFI map: kernels up to FreeBSD 12 print that map without "
                + "looking whether there is one, and stop in silence; for these, leave -v and boot_verbose out");
        }
    }

    /// <summary>Takes the memory of all that is preloaded and of what the kernel maps behind it.</summary>
    private static PhysicalRange PlacePreload(PhysicalAllocator allocator, ulong length)
    {
        PlacementRequest wanted = new()
        {
            Name = "kernel and files, within one GiB",
            Length = length,
            Alignment = DestinationSpace.KernelStart,
        };
        foreach (PhysicalRange hole in allocator.Free)
        {
            for (PhysicalAddress start = hole.Start; start < hole.End;)
            {
                PhysicalAddress next = PhysicalAddress.Min(start.AlignDown(Block) + Block, hole.End);
                if (start.AlignUp(wanted.Alignment) is { } place && place < next && next - place >= length)
                {
                    PhysicalRange taken = new(place, length);
                    allocator.Remove(taken);
                    return taken;
                }

                start = next;
            }
        }

        throw new PlacementException(wanted, allocator.Free);
    }

    private Segment PlaceTrampoline(PhysicalAllocator allocator, byte[] code)
    {
        PhysicalRange place = allocator.Allocate(new PlacementRequest
        {
            Name = FreeBsdPlanner.TrampolineName,
            Length = DestinationSpace.RoundUp((ulong)code.Length, PreloadRules.Arm64.Boundary),
            Alignment = PreloadRules.Arm64.Boundary,
        });
        return new Segment(
            FreeBsdPlanner.TrampolineName, place, SegmentContent.OfBytes(code, FreeBsdPlanner.TrampolineName))
        {
            Reason = _machine.Firmware == FirmwareKind.Uefi
                ? "tells the kernel where the firmware's tables are, loads x0 with modulep and branches"
                : "loads x0 with modulep and branches",
        };
    }
}
