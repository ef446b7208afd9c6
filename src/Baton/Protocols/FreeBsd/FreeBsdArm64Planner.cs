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
        if (_machine.Architecture != Architecture.Arm64 || kernel.Architecture != Architecture.Arm64)
        {
            throw Refuse(
                ImageError.WrongArchitecture,
                "e_machine",
                $"a FreeBSD kernel for {kernel.Architecture}, and the machine is {_machine.Architecture}");
        }

        KernelEnvironment environment = KernelVariables.Of(_request);
        PreloadImage image = PreloadImage.Lay(_request, environment, Firmware(), FreeBsdDeviceTree.For(_machine));
        if (image.KernEnd - image.ModuleP > LongestChain)
        {
            throw Refuse(
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
        Segment trampoline = PlaceTrampoline(allocator, entry, image.ModuleP);
        return new Handoff
        {
            Architecture = Architecture.Arm64,
            Protocol = Protocol,
            Segments =
            [
                .. image.Segments(space, $"the lowest 2 MiB with room for everything in one GiB; KERNBASE leads to {place.Start}")
                    .Append(trampoline).OrderBy(segment => segment.Destination),
            ],
            Entry = trampoline.Destination.Start,
            KernelEntry = entry,
            CommandLine = string.Join(' ', environment.Names.Select(name => $"{name}={environment[name]}")),
            NextMemory = _machine.FirmwareMemory.Coalesce(),
            Reservations =
                [new Reservation("behind kernend", PhysicalRange.Between(space.Physical(image.KernEnd), place.End))],
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

    /// <summary>The records of memory map, firmware and screen; on a machine without UEFI the device tree has them.</summary>
    private List<MetadataRecord> Firmware()
    {
        if (_machine.Firmware != FirmwareKind.Uefi)
        {
            return [];
        }

        if (!FirmwareRecords.IsComplete(_machine.Efi?.CompleteMap))
        {
            throw Refuse(
                ImageError.Missing,
                "EFI_MAP",
                "the machine has UEFI firmware, and its complete memory map is not known; the device tree has no memory "
                + "nodes there, and the runtime regions alone are not enough for FreeBSD");
        }

        List<MetadataRecord> records = [FirmwareRecords.EfiMap(_machine.Efi!.CompleteMap!) with { Type = ModInfo.Arm64EfiMap }];
        if (_machine.Efi.SystemTable is { } table)
        {
            records.Add(MetadataRecord.Of(ModInfo.FirmwareHandle, table.Value));
        }

        if (FirmwareRecords.Framebuffer(_machine) is { } screen)
        {
            records.Add(screen with { Type = ModInfo.Arm64EfiFramebuffer });
        }

        return records;
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

    private static Segment PlaceTrampoline(PhysicalAllocator allocator, PhysicalAddress entry, ulong modulep)
    {
        byte[] code = Arm64Trampoline.Build(entry, modulep);
        PhysicalRange place = allocator.Allocate(new PlacementRequest
        {
            Name = "trampoline",
            Length = DestinationSpace.RoundUp((ulong)code.Length, PreloadRules.Arm64.Boundary),
            Alignment = PreloadRules.Arm64.Boundary,
        });
        return new Segment("trampoline", place, SegmentContent.OfBytes(code, "trampoline"))
        {
            Reason = "loads x0 with modulep and branches",
        };
    }

    private ImageFormatException Refuse(ImageError error, string field, string problem) =>
        new(error, new ImageLocation(_request.Kernel.Elf.Source.Name, 0, field), problem);
}
