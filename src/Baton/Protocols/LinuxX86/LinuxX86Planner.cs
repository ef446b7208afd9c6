using Baton.Bytes;
using Baton.Formats.BzImage;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Protocols.Linux;
using Baton.Trampolines;

namespace Baton.Protocols.LinuxX86;

/// <summary>
/// Plans a handoff by the 64-bit boot protocol (Documentation/arch/x86/boot.rst): where kernel, initrd, boot_params and
/// trampoline go, and what is in the last two. Pure: the same request gives the same handoff.
/// </summary>
public sealed class LinuxX86Planner
{
    /// <summary>Bytes of pages; destinations are whole ones.</summary>
    private const ulong Page = KexecLimits.PageSize;

    /// <summary>Linux maps persistent memory in units of a subsection (SUBSECTION_SIZE of linux/mmzone.h).</summary>
    private const ulong RamdiskUnit = 2UL << 20;

    /// <summary>Names of the segments, as --place takes them.</summary>
    public static readonly IReadOnlyList<string> SegmentNames = ["kernel", "initrd", "ramdisk", "boot_params", "trampoline"];

    /// <summary>Below this lie the real-mode vectors, the EBDA and the next kernel's own real-mode trampoline.</summary>
    private static readonly PhysicalAddress OneMiB = new(0x10_0000);

    private readonly LinuxX86Request _request;
    private readonly LinuxX86Kernel _kernel;
    private readonly Machine _machine;
    private readonly SegmentPlaces _places;

    private LinuxX86Planner(LinuxX86Request request)
    {
        _request = request;
        _kernel = request.Kernel;
        _machine = request.Machine;
        RangeSet low = RangeSet.Of(PhysicalRange.Between(PhysicalAddress.Zero, OneMiB));
        _places = new SegmentPlaces(_kernel.Name, _machine.Usable.Subtract(low), request.Places, Page);
    }

    /// <summary>Makes the plan.</summary>
    /// <exception cref="PlacementException">Something finds no place; the message lists the free memory.</exception>
    /// <exception cref="ImageFormatException">The kernel, its command line or a demanded place breaks a rule.</exception>
    public static Handoff Plan(LinuxX86Request request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new LinuxX86Planner(request).Plan();
    }

    private Handoff Plan()
    {
        if (_machine.Architecture != Architecture.X64)
        {
            throw _places.Refuse(
                ImageError.WrongArchitecture, "architecture", $"an amd64 kernel, and the machine is {_machine.Architecture}");
        }

        CommandLine.Check(
            _request.CommandLine, _kernel.CommandLineLimit, new ImageLocation(_kernel.Name, 0, SetupFields.CmdlineSize.Name));
        PhysicalRange footprint = PlaceKernel();
        PhysicalRange? initrd = PlaceInitrd(footprint);
        MemoryMap nextMemory = PlaceRamdisk(footprint);
        PhysicalAddress bootParams = PlaceBootParams(footprint.Start, initrd, nextMemory);
        PhysicalAddress kernelEntry = footprint.Start + _kernel.EntryOffset;
        PhysicalAddress entry = PlaceTrampoline(kernelEntry, bootParams, footprint);
        return new Handoff
        {
            Architecture = Architecture.X64,
            Protocol = "Linux/x86 64-bit",
            Segments = _places.Segments,
            Entry = entry,
            KernelEntry = kernelEntry,
            CommandLine = _request.CommandLine,
            NextMemory = nextMemory,
            Reservations = [new Reservation("init_size", footprint)],
            Findings = FirmwareFindings.Of(_machine, _kernel),
        };
    }

    private PhysicalRange PlaceKernel()
    {
        ulong footprint = _places.RoundUp(_kernel.Footprint);
        PhysicalRange preferred = new(_kernel.Preferred, footprint);
        PhysicalRange place;
        string reason;
        if (_places.Demanded("kernel") is { } demanded)
        {
            if (demanded != _kernel.Preferred && (!_kernel.Relocatable || !demanded.IsAligned(_kernel.Alignment)))
            {
                throw _places.Refuse(
                    ImageError.OutOfRange,
                    SetupFields.KernelAlignment.Name,
                    _kernel.Relocatable
                        ? $"{demanded} is not aligned to kernel_alignment 0x{_kernel.Alignment:x}"
                        : $"the kernel is not relocatable and runs only at {_kernel.Preferred}, not at {demanded}");
            }

            if (demanded < _kernel.Preferred)
            {
                throw _places.Refuse(
                    ImageError.OutOfRange,
                    SetupFields.PrefAddress.Name,
                    $"from {demanded} the kernel would move itself up to {_kernel.Preferred}, over whatever lies there; "
                    + "demand a place from there on");
            }

            place = _places.TakeDemanded("kernel", demanded, footprint, Limit(_kernel.Above4GiB));
            reason = "as demanded";
        }
        else if (_places.TryTake(preferred))
        {
            place = preferred;
            reason = "its preferred address";
        }
        else if (!_kernel.Relocatable)
        {
            throw _places.NoPlace(new PlacementRequest
            {
                Name = "kernel (not relocatable)",
                Length = footprint,
                Min = preferred.Start,
                Max = preferred.End,
            });
        }
        else
        {
            place = _places.Allocate(new PlacementRequest
            {
                Name = "kernel",
                Length = footprint,
                Alignment = _kernel.Alignment,
                Min = PhysicalAddress.Max(OneMiB, _kernel.Preferred),
                Max = Limit(_kernel.Above4GiB),
            });
            reason = $"the preferred {preferred} is not all free memory; the lowest aligned place above";
        }

        // Behind the loaded bytes the kernel clears its own memory, so no pages are spent on that part of init_size.
        PhysicalRange loaded = new(place.Start, _places.RoundUp(_kernel.LoadedLength));
        _places.Add("kernel", loaded, _kernel.Content, reason);
        return place;
    }

    private PhysicalRange? PlaceInitrd(PhysicalRange footprint)
    {
        if (_request.Initrd is not { Length: > 0 } content)
        {
            return null;
        }

        ulong length = _places.RoundUp((ulong)content.Length);
        PhysicalAddress limit = PhysicalAddress.Min(_kernel.InitrdLimit, Limit(_kernel.Above4GiB));
        PhysicalRange place;
        string reason;
        if (_places.Demanded("initrd") is { } demanded)
        {
            place = _places.TakeDemanded("initrd", demanded, length, Limit(_kernel.Above4GiB));
            if (place.End > limit)
            {
                throw _places.Refuse(
                    ImageError.OutOfRange,
                    SetupFields.InitrdAddrMax.Name,
                    $"the initrd {place} would reach above {limit}, the last address this kernel reads it from");
            }

            reason = "as demanded";
        }
        else
        {
            place = _places.Allocate(new PlacementRequest
            {
                Name = "initrd",
                Length = length,
                Min = footprint.End,
                Max = limit,
                Cost = _machine.FreePages is null ? null : range => FastDestination.Cost(range, _machine.FreePages),
            });
            reason = _machine.FreePages is { } free ? FastDestination.Reason(place, free) : "the lowest place above the kernel";
        }

        _places.Add("initrd", place, content, reason);
        return new PhysicalRange(place.Start, (ulong)content.Length);
    }

    /// <summary>Places the disk image, and takes its memory out of what the next kernel may use for anything else.</summary>
    private MemoryMap PlaceRamdisk(PhysicalRange footprint)
    {
        if (_request.Ramdisk is not { Length: > 0 } content)
        {
            return _machine.FirmwareMemory.Coalesce();
        }

        ulong length = ((ulong)content.Length + RamdiskUnit - 1) & ~(RamdiskUnit - 1);
        PhysicalRange place;
        if (_places.Demanded("ramdisk") is { } demanded)
        {
            if (!demanded.IsAligned(RamdiskUnit))
            {
                throw _places.Refuse(ImageError.OutOfRange, "ramdisk", $"{demanded} is not aligned to 0x{RamdiskUnit:x}");
            }

            place = _places.TakeDemanded("ramdisk", demanded, length, Limit(above4GiB: true));
        }
        else
        {
            place = _places.Allocate(new PlacementRequest
            {
                Name = "ramdisk",
                Length = length,
                Alignment = RamdiskUnit,
                Min = footprint.End,
                Direction = PlacementDirection.TopDown,
            });
        }

        _places.Add(
            "ramdisk", place, content, "persistent memory of the next kernel (e820 type 12), /dev/pmem0 by nd_e820 and nd_pmem");
        return _machine.FirmwareMemory
            .Overlay(new MemoryRegion(place, MemoryKind.PersistentLegacy, "--ramdisk"))
            .Coalesce();
    }

    private PhysicalAddress PlaceBootParams(PhysicalAddress kernel, PhysicalRange? initrd, MemoryMap memory)
    {
        BootParamsBuilder builder = new(new BootParamsPlan
        {
            Kernel = _kernel,
            Machine = _machine,
            Memory = memory,
            KernelStart = kernel,
            Initrd = initrd,
            CommandLine = _request.CommandLine,
            RngSeed = _request.RngSeed,
            PassEfi = FirmwareFindings.PassesEfi(_machine, _kernel),
        });
        PhysicalRange place = PlaceSmall("boot_params", _places.RoundUp((ulong)builder.Length));
        byte[] bytes = builder.Build(place.Start);
        _places.Add(
            "boot_params", place, SegmentContent.OfBytes(bytes, "boot_params"), "with setup_data, EFI map and command line");
        return place.Start;
    }

    private PhysicalAddress PlaceTrampoline(
        PhysicalAddress kernelEntry, PhysicalAddress bootParams, PhysicalRange footprint)
    {
        // What the next kernel may look at before its own page tables are up: memory, firmware tables, and our pieces.
        RangeSet identity = RangeSet.Of(_machine.FirmwareMemory
            .Where(region => region.Kind.IsRam || region.Kind == MemoryKind.AcpiTables || region.Kind == MemoryKind.AcpiNvs)
            .Select(region => region.Range)
            .Concat(_machine.Efi?.RuntimeMap.Select(descriptor => descriptor.Range) ?? [])
            .Concat(FirmwareTables())
            .Concat(_places.Segments.Select(segment => segment.Destination))
            .Append(footprint));
        bool gigabytePages = _machine.Processor.GigabytePages;
        PhysicalRange place = PlaceSmall("trampoline", LinuxX64Trampoline.Measure(identity, gigabytePages));
        TrampolineImage image = LinuxX64Trampoline.Build(new TrampolineRequest
        {
            Base = place.Start,
            Identity = identity,
            GigabytePages = gigabytePages,
            Entry = kernelEntry,
            BootParams = bootParams,
            KernelTakes5Level = _kernel.Takes5Level,
        });
        _places.Add(
            "trampoline", place, SegmentContent.OfBytes(image.Bytes, "trampoline"), "code, GDT, page tables and stack");
        return image.Entry;
    }

    /// <summary>A page around each firmware table that is known by address alone.</summary>
    private IEnumerable<PhysicalRange> FirmwareTables() =>
        new[] { _machine.AcpiRsdp, _machine.Efi?.SystemTable, _machine.Efi?.ConfigurationTable }
            .OfType<PhysicalAddress>()
            .Select(table => new PhysicalRange(table.AlignDown(Page), Page));

    /// <summary>Our own small pieces lie low, where 32-bit code reaches them, out of the kernel's way.</summary>
    private PhysicalRange PlaceSmall(string name, ulong length) =>
        _places.Take(new PlacementRequest { Name = name, Length = length, Min = OneMiB, Max = PhysicalAddress.FourGiB });

    private PhysicalAddress Limit(bool above4GiB)
    {
        int bits = _machine.Processor.PhysicalBits is > 32 and < 64 and int known ? known : 52;
        return above4GiB ? new PhysicalAddress(1UL << bits) : PhysicalAddress.FourGiB;
    }
}
