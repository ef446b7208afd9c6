using System.Globalization;
using System.Text;
using Baton.Bytes;
using Baton.Formats.BzImage;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
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
    private readonly PhysicalAllocator _allocator;
    private readonly List<Finding> _findings = [];
    private readonly List<Segment> _segments = [];

    private LinuxX86Planner(LinuxX86Request request)
    {
        _request = request;
        _kernel = request.Kernel;
        _machine = request.Machine;
        RangeSet low = RangeSet.Of(PhysicalRange.Between(PhysicalAddress.Zero, OneMiB));
        _allocator = new PhysicalAllocator(_machine.Usable.Subtract(low).ShrinkTo(Page));
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
            throw Refuse(
                ImageError.WrongArchitecture, "architecture", $"an amd64 kernel, and the machine is {_machine.Architecture}");
        }

        CheckCommandLine();
        PhysicalRange footprint = PlaceKernel();
        PhysicalRange? initrd = PlaceInitrd(footprint);
        MemoryMap nextMemory = PlaceRamdisk(footprint);
        bool passEfi = DecideEfi();
        PhysicalAddress bootParams = PlaceBootParams(footprint.Start, initrd, nextMemory, passEfi);
        PhysicalAddress kernelEntry = footprint.Start + _kernel.EntryOffset;
        PhysicalAddress entry = PlaceTrampoline(kernelEntry, bootParams, footprint);
        NoteFramebuffer();
        return new Handoff
        {
            Architecture = Architecture.X64,
            Protocol = "Linux/x86 64-bit",
            Segments = [.. _segments.OrderBy(segment => segment.Destination)],
            Entry = entry,
            KernelEntry = kernelEntry,
            CommandLine = _request.CommandLine,
            NextMemory = nextMemory,
            Reservations = [new Reservation("init_size", footprint)],
            Findings = _findings,
        };
    }

    private void CheckCommandLine()
    {
        int length = Encoding.UTF8.GetByteCount(_request.CommandLine);
        if (length > _kernel.CommandLineLimit)
        {
            throw Refuse(
                ImageError.OutOfRange,
                SetupFields.CmdlineSize.Name,
                $"the command line has {length} bytes, this kernel takes {_kernel.CommandLineLimit}");
        }

        int control = _request.CommandLine.AsSpan().IndexOfAnyInRange('\0', '\u001f');
        if (control >= 0 && _request.CommandLine[control] != '\t')
        {
            throw Refuse(
                ImageError.OutOfRange,
                "command line",
                $"control character 0x{(int)_request.CommandLine[control]:x2} at position {control}");
        }
    }

    private PhysicalRange PlaceKernel()
    {
        ulong footprint = RoundUp(_kernel.Footprint);
        PhysicalRange preferred = new(_kernel.Preferred, footprint);
        PhysicalRange place;
        string reason;
        if (DemandedPlace("kernel") is { } demanded)
        {
            if (demanded != _kernel.Preferred && (!_kernel.Relocatable || !demanded.IsAligned(_kernel.Alignment)))
            {
                throw Refuse(
                    ImageError.OutOfRange,
                    SetupFields.KernelAlignment.Name,
                    _kernel.Relocatable
                        ? $"{demanded} is not aligned to kernel_alignment 0x{_kernel.Alignment:x}"
                        : $"the kernel is not relocatable and runs only at {_kernel.Preferred}, not at {demanded}");
            }

            place = TakeDemanded("kernel", demanded, footprint, _kernel.Above4GiB);
            reason = "as demanded";
        }
        else if (_allocator.TryTake(preferred))
        {
            place = preferred;
            reason = "its preferred address";
        }
        else if (!_kernel.Relocatable)
        {
            throw new PlacementException(
                new PlacementRequest
                {
                    Name = "kernel (not relocatable)",
                    Length = footprint,
                    Min = preferred.Start,
                    Max = preferred.End,
                },
                _allocator.Free);
        }
        else
        {
            place = _allocator.Allocate(new PlacementRequest
            {
                Name = "kernel",
                Length = footprint,
                Alignment = _kernel.Alignment,
                Min = OneMiB,
                Max = Limit(_kernel.Above4GiB),
            });
            reason = $"the preferred {preferred} is not all free memory; the lowest aligned place";
        }

        // Behind the loaded bytes the kernel clears its own memory, so no pages are spent on that part of init_size.
        PhysicalRange loaded = new(place.Start, RoundUp(_kernel.LoadedLength));
        _segments.Add(new Segment("kernel", loaded, _kernel.Content) { Reason = reason });
        return place;
    }

    private PhysicalRange? PlaceInitrd(PhysicalRange footprint)
    {
        if (_request.Initrd is not { Length: > 0 } content)
        {
            return null;
        }

        ulong length = RoundUp((ulong)content.Length);
        PhysicalAddress limit = PhysicalAddress.Min(_kernel.InitrdLimit, Limit(_kernel.Above4GiB));
        PhysicalRange place;
        string reason;
        if (DemandedPlace("initrd") is { } demanded)
        {
            place = TakeDemanded("initrd", demanded, length, _kernel.Above4GiB);
            if (place.End > limit)
            {
                throw Refuse(
                    ImageError.OutOfRange,
                    SetupFields.InitrdAddrMax.Name,
                    $"the initrd {place} would reach above {limit}, the last address this kernel reads it from");
            }

            reason = "as demanded";
        }
        else
        {
            place = _allocator.Allocate(new PlacementRequest
            {
                Name = "initrd",
                Length = length,
                Min = footprint.End,
                Max = limit,
                Cost = _machine.FreePages is null ? null : range => LoadCost(range, _machine.FreePages),
            });
            reason = _machine.FreePages is { } free ? WhyFast(place, free) : "the lowest place above the kernel";
        }

        _segments.Add(new Segment("initrd", place, content) { Reason = reason });
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
        if (DemandedPlace("ramdisk") is { } demanded)
        {
            if (!demanded.IsAligned(RamdiskUnit))
            {
                throw Refuse(ImageError.OutOfRange, "ramdisk", $"{demanded} is not aligned to 0x{RamdiskUnit:x}");
            }

            place = TakeDemanded("ramdisk", demanded, length, above4GiB: true);
        }
        else
        {
            place = _allocator.Allocate(new PlacementRequest
            {
                Name = "ramdisk",
                Length = length,
                Alignment = RamdiskUnit,
                Min = footprint.End,
                Direction = PlacementDirection.TopDown,
            });
        }

        _segments.Add(new Segment("ramdisk", place, content)
        {
            Reason = "persistent memory of the next kernel (e820 type 12), /dev/pmem0 by nd_e820 and nd_pmem",
        });
        return _machine.FirmwareMemory
            .Overlay(new MemoryRegion(place, MemoryKind.PersistentLegacy, "--ramdisk"))
            .Coalesce();
    }

    /// <summary>
    /// What slows kexec_load down: free pages of the destination that it is handed as source pages (decision 0004).
    /// </summary>
    private static double LoadCost(PhysicalRange place, FreePages free) =>
        IsSpared(place, free) ? 0 : free.FreeBytesOf(place);

    /// <summary>The kernel takes source pages from above 4 GiB as long as there are enough, and leaves the rest alone.</summary>
    private static bool IsSpared(PhysicalRange place, FreePages free)
    {
        PhysicalRange above = PhysicalRange.Between(PhysicalAddress.FourGiB, new PhysicalAddress(ulong.MaxValue));
        return place.End <= PhysicalAddress.FourGiB && free.FreeBytesOf(above) >= 2.0 * place.Length;
    }

    private static string WhyFast(PhysicalRange place, FreePages free) => IsSpared(place, free)
        ? "below 4 GiB, where the running kernel takes no pages while there are enough above: loads fastest"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"the place with the fewest free pages ({free.FreeBytesOf(place) * 100 / place.Length:0} %), which loads fastest");

    private bool DecideEfi()
    {
        if (_machine.Firmware != FirmwareKind.Uefi)
        {
            return false;
        }

        string? obstacle = _machine.Efi switch
        {
            null => "the running kernel shows no EFI facts",
            { SystemTable: null } => "the EFI system table's address is not known",
            { RuntimeMap.Count: 0 } => "the running kernel shows no runtime-map",
            { PlatformBits: not 64 } => "the firmware is a 32-bit one",
            _ when !_kernel.TakesEfi => "the kernel does not take EFI facts from kexec (XLF_EFI_KEXEC is clear)",
            _ => null,
        };
        if (obstacle is not null)
        {
            _findings.Add(new Finding(
                Severity.Warning, "efi-lost", $"the next kernel will have no EFI runtime services: {obstacle}"));
        }

        return obstacle is null;
    }

    private PhysicalAddress PlaceBootParams(PhysicalAddress kernel, PhysicalRange? initrd, MemoryMap memory, bool passEfi)
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
            PassEfi = passEfi,
        });
        PhysicalRange place = PlaceSmall("boot_params", RoundUp((ulong)builder.Length));
        byte[] bytes = builder.Build(place.Start);
        _segments.Add(new Segment("boot_params", place, SegmentContent.OfBytes(bytes, "boot_params"))
        {
            Reason = "with setup_data, EFI map and command line",
        });
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
            .Concat(_segments.Select(segment => segment.Destination))
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
        _segments.Add(new Segment("trampoline", place, SegmentContent.OfBytes(image.Bytes, "trampoline"))
        {
            Reason = "code, GDT, page tables and stack",
        });
        return image.Entry;
    }

    /// <summary>A page around each firmware table that is known by address alone.</summary>
    private IEnumerable<PhysicalRange> FirmwareTables() =>
        new[] { _machine.AcpiRsdp, _machine.Efi?.SystemTable, _machine.Efi?.ConfigurationTable }
            .OfType<PhysicalAddress>()
            .Select(table => new PhysicalRange(table.AlignDown(Page), Page));

    /// <summary>Our own small pieces lie low, where 32-bit code reaches them, out of the kernel's way.</summary>
    private PhysicalRange PlaceSmall(string name, ulong length) =>
        DemandedPlace(name) is { } demanded
            ? TakeDemanded(name, demanded, length, above4GiB: false)
            : _allocator.Allocate(new PlacementRequest
            {
                Name = name,
                Length = length,
                Min = OneMiB,
                Max = PhysicalAddress.FourGiB,
            });

    private PhysicalAddress? DemandedPlace(string name) =>
        _request.Places.TryGetValue(name, out PhysicalAddress place) ? place : null;

    private PhysicalRange TakeDemanded(string name, PhysicalAddress start, ulong length, bool above4GiB)
    {
        if (!start.IsAligned(Page) || !PhysicalRange.Fits(start, length))
        {
            throw Refuse(ImageError.OutOfRange, name, $"{start} is no page of physical memory");
        }

        PhysicalRange place = new(start, length);
        if (place.End > Limit(above4GiB))
        {
            throw Refuse(ImageError.OutOfRange, name, $"{place} reaches above {Limit(above4GiB)}, which it must not");
        }

        if (!_allocator.TryTake(place))
        {
            throw new PlacementException(
                new PlacementRequest { Name = name, Length = length, Min = start, Max = place.End }, _allocator.Free);
        }

        return place;
    }

    private void NoteFramebuffer()
    {
        if (_machine.Framebuffer is { Driver: { Length: > 0 } driver } framebuffer
            && !driver.Contains("EFI", StringComparison.Ordinal) && !driver.Contains("VESA", StringComparison.Ordinal))
        {
            _findings.Add(new Finding(
                Severity.Note,
                "framebuffer-driver",
                $"{driver} drives the screen now; the next kernel is told of the firmware's framebuffer "
                + $"{framebuffer.Range}, which may stay dark until its own driver takes over"));
        }
    }

    private PhysicalAddress Limit(bool above4GiB)
    {
        int bits = _machine.Processor.PhysicalBits is > 32 and < 64 and int known ? known : 52;
        return above4GiB ? new PhysicalAddress(1UL << bits) : PhysicalAddress.FourGiB;
    }

    private ImageFormatException Refuse(ImageError error, string field, string problem) =>
        new(error, new ImageLocation(_kernel.Name, 0, field), problem);

    private static ulong RoundUp(ulong length) => (length + Page - 1) & ~(Page - 1);
}
