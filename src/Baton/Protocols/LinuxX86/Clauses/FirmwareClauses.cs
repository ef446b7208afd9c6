using System.Buffers.Binary;
using Baton.Bytes;
using Baton.Formats;
using Baton.Formats.BzImage;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Protocols.LinuxX86.Clauses;

/// <summary>The memory map and what else the firmware has said, as the next kernel is told it.</summary>
internal sealed class FirmwareClauses(LinuxX86Contract contract)
{
    private static readonly DeclaredBlock[] HandedOn =
    [
        BootParamsFields.ScreenInfo, BootParamsFields.IstInfo, BootParamsFields.EdidInfo, BootParamsFields.EddMbrSigBuffer,
        BootParamsFields.Eddbuf,
        new(BootParamsFields.EddbufEntries.Offset, 1, BootParamsFields.EddbufEntries.Name),
        new(BootParamsFields.EddMbrSigBufEntries.Offset, 1, BootParamsFields.EddMbrSigBufEntries.Name),
        new(BootParamsFields.SecureBoot.Offset, 1, BootParamsFields.SecureBoot.Name),
        new(SetupFields.HardwareSubarch.Offset, 12, SetupFields.HardwareSubarch.Name),
    ];

    public IEnumerable<Clause<X64Arrival>> All =>
    [
        new("e820-order", "The e820 entries rise and do not overlap.", "zero-page.rst, e820_table", Order),
        new("e820-machine", "The e820 map, SETUP_E820_EXT included, is the machine's.", "zero-page.rst, e820_table", IsMachines),
        new(
            "e820-covers",
            "Everything that was loaded, and all of init_size, is RAM in the e820 map.",
            "boot.rst, init_size; zero-page.rst, e820_table",
            Covers),
        new("acpi", "acpi_rsdp_addr is the machine's RSDP, or zero when nobody knows it.", "zero-page.rst, acpi_rsdp_addr", Acpi),
        new(
            "efi",
            "efi_info, the runtime map and SETUP_EFI are the firmware's for a kernel that takes them, and zero for others.",
            "zero-page.rst, efi_info; boot.rst, setup_data",
            Efi),
        new(
            "firmware-answers",
            "screen_info, EDD, EDID, IST and secure_boot are what the firmware told the running kernel.",
            "zero-page.rst",
            Answers),
    ];

    private static List<(PhysicalRange Range, uint Type)>? ReadMap(X64Arrival arrival)
    {
        byte[] page = LinuxX86Contract.ReadBootParams(arrival);
        int count = page[BootParamsFields.E820Entries.Offset];
        if (count > BootParamsFields.E820MaxEntries)
        {
            return null;
        }

        List<byte> entries = [.. page.AsSpan(BootParamsFields.E820Table.Offset, count * BootParamsFields.E820EntrySize)];
        foreach (SetupDataNode node in SetupDataNode.Walk(arrival))
        {
            if (node.Type == (uint)SetupDataType.E820Ext && node.Length < 1 << 20)
            {
                entries.AddRange(arrival.Read(node.Data, (int)node.Length));
            }
        }

        ReadOnlySpan<byte> bytes = entries.ToArray();
        List<(PhysicalRange, uint)> map = [];
        for (; bytes.Length >= BootParamsFields.E820EntrySize; bytes = bytes[BootParamsFields.E820EntrySize..])
        {
            PhysicalAddress start = new(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
            if (!PhysicalRange.Fits(start, length))
            {
                return null;
            }

            map.Add((new PhysicalRange(start, length), BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..])));
        }

        return bytes.IsEmpty ? map : null;
    }

    private static Verdict Order(X64Arrival arrival)
    {
        if (ReadMap(arrival) is not { } map)
        {
            return Verdict.Broken("the table is malformed");
        }

        for (int i = 1; i < map.Count; i++)
        {
            if (map[i].Range.Start < map[i - 1].Range.End)
            {
                return Verdict.Broken($"{map[i].Range} follows {map[i - 1].Range}");
            }
        }

        return Verdict.Kept($"{map.Count} entries");
    }

    private Verdict IsMachines(X64Arrival arrival)
    {
        if (ReadMap(arrival) is not { } map)
        {
            return Verdict.Broken("the table is malformed");
        }

        MemoryMap machine = ExpectedMap(arrival);
        for (int i = 0; i < Math.Max(map.Count, machine.Count); i++)
        {
            if (i >= map.Count || i >= machine.Count
                || map[i].Range != machine[i].Range || map[i].Type != machine[i].Kind.Type)
            {
                string found = i < map.Count ? $"{map[i].Range} type {map[i].Type}" : "nothing";
                string wanted = i < machine.Count ? $"{machine[i].Range} type {machine[i].Kind.Type}" : "nothing";
                return Verdict.Broken($"entry {i} is {found}, the machine's is {wanted}");
            }
        }

        return Verdict.Kept($"{map.Count} entries, {machine.Ram.Length >> 20} MiB of RAM");
    }

    /// <summary>The machine's map; a disk image is persistent memory in it.</summary>
    private MemoryMap ExpectedMap(X64Arrival arrival)
    {
        MemoryMap machine = contract.Machine.FirmwareMemory;
        return arrival.Segment("ramdisk") is { } disk
            ? machine.Overlay(new MemoryRegion(disk.Destination, MemoryKind.PersistentLegacy, "ramdisk")).Coalesce()
            : machine.Coalesce();
    }

    private Verdict Covers(X64Arrival arrival)
    {
        RangeSet ram = RangeSet.Of((ReadMap(arrival) ?? []).Where(entry => entry.Type == 1).Select(entry => entry.Range));
        foreach ((string name, PhysicalRange range) in arrival.Handoff.Segments
            .Where(segment => segment.Name != "ramdisk")
            .Select(segment => (segment.Name, segment.Destination))
            .Concat(contract.Footprint(arrival) is { } footprint ? [("init_size", footprint)] : []))
        {
            if (!ram.Contains(range))
            {
                return Verdict.Broken($"{name} {range} is not");
            }
        }

        return Verdict.Kept($"{ram.Count} ranges of RAM");
    }

    private Verdict Acpi(X64Arrival arrival)
    {
        ulong found = BootParamsFields.AcpiRsdpAddr.Read(Page(arrival));
        ulong wanted = contract.Machine.AcpiRsdp?.Value ?? 0;
        return new Verdict(found == wanted, found == wanted ? $"0x{found:x}" : $"0x{found:x}, the machine's is 0x{wanted:x}");
    }

    private Verdict Efi(X64Arrival arrival)
    {
        ByteView page = Page(arrival);
        ReadOnlySpan<byte> info = page.Take(BootParamsFields.EfiInfo.Offset, BootParamsFields.EfiInfo.Length, "efi_info");
        if (!contract.ExpectsEfi || contract.Machine.Efi is not { } efi)
        {
            string seen = contract.Machine.Efi is null ? "no EFI" : "not for this kernel";
            return new Verdict(info.IndexOfAnyExcept((byte)0) < 0, seen);
        }

        ulong table = BootParamsFields.EfiSystab.Read(page) | ((ulong)BootParamsFields.EfiSystabHi.Read(page) << 32);
        ulong map = BootParamsFields.EfiMemmap.Read(page) | ((ulong)BootParamsFields.EfiMemmapHi.Read(page) << 32);
        byte[] wantedMap = EfiMemoryMap.Build(efi.RuntimeMap);
        uint signature = BootParamsFields.EfiLoaderSignature.Read(page);
        string? problem = signature != BootParamsFields.Efi64LoaderSignature ? "the signature is not EL64"
            : table != efi.SystemTable?.Value ? $"the system table is 0x{table:x}, the machine's is {efi.SystemTable}"
            : BootParamsFields.EfiMemdescSize.Read(page) != EfiMemoryMap.DescriptorSize ? "the size of a descriptor is wrong"
            : BootParamsFields.EfiMemdescVersion.Read(page) != EfiMemoryMap.DescriptorVersion
                ? "the descriptors' version is wrong"
            : BootParamsFields.EfiMemmapSize.Read(page) != wantedMap.Length ? "the map's size is wrong"
            : arrival.SegmentAt(map)?.Name != "boot_params" ? $"the map is at 0x{map:x}, outside of boot_params' segment"
            : !arrival.Read(map, wantedMap.Length).AsSpan().SequenceEqual(wantedMap) ? "the map is not the machine's"
            : WrongSetupEfi(arrival, efi);
        return Verdict.Unless(problem, $"EL64, system table 0x{table:x}, {efi.RuntimeMap.Count} runtime regions");
    }

    private static string? WrongSetupEfi(X64Arrival arrival, EfiFirmware efi)
    {
        foreach (SetupDataNode node in SetupDataNode.Walk(arrival).Where(node => node.Type == (uint)SetupDataType.Efi))
        {
            byte[] wanted = EfiSetupData.Build(efi);
            return node.Length == wanted.Length && arrival.Read(node.Data, wanted.Length).AsSpan().SequenceEqual(wanted)
                ? null
                : "SETUP_EFI is not the machine's";
        }

        return "SETUP_EFI is missing";
    }

    private Verdict Answers(X64Arrival arrival)
    {
        ReadOnlySpan<byte> told = contract.Machine.BootParams.Span;
        byte[] page = LinuxX86Contract.ReadBootParams(arrival);
        if (told.Length < BootParamsFields.Size)
        {
            // Without the running kernel's answers nothing is made up, and the next kernel's own header stays.
            byte[] untold = new byte[BootParamsFields.Size];
            contract.Kernel.SetupHeader.Span.CopyTo(untold.AsSpan(SetupFields.Start));
            told = untold;
        }

        foreach (DeclaredBlock block in HandedOn)
        {
            if (!page.AsSpan(block.Offset, block.Length).SequenceEqual(told.Slice(block.Offset, block.Length)))
            {
                return Verdict.Broken($"{block.Name} differs");
            }
        }

        return Verdict.Kept(contract.Machine.BootParams.Length >= BootParamsFields.Size
            ? "as in the running kernel's boot_params"
            : "the running kernel shows none");
    }

    private static ByteView Page(X64Arrival arrival) => new(LinuxX86Contract.ReadBootParams(arrival), "boot_params");
}
