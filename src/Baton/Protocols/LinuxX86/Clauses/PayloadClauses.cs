using System.Text;
using Baton.Bytes;
using Baton.Formats.BzImage;
using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Protocols.LinuxX86.Clauses;

/// <summary>The command line, the initrd and the setup_data list: what boot_params points to.</summary>
internal sealed class PayloadClauses(LinuxX86Contract contract)
{
    public IEnumerable<Clause<X64Arrival>> All =>
    [
        new(
            "command-line",
            "cmd_line_ptr leads to the command line, which ends in a NUL, fits cmdline_size and lies apart from the kernel.",
            "boot.rst, cmd_line_ptr and cmdline_size",
            CommandLine),
        new(
            "initrd",
            "ramdisk_image and ramdisk_size are those of the initrd's bytes, or zero without one.",
            "boot.rst, ramdisk_image and ramdisk_size",
            Initrd),
        new(
            "initrd-limit",
            "The initrd is RAM, apart from the kernel, and ends below initrd_addr_max unless the kernel takes it above 4 GiB.",
            "boot.rst, initrd_addr_max",
            InitrdLimit),
        new(
            "setup-data",
            "The setup_data list ends, its nodes follow each other in boot_params' segment, and are the ones that belong there.",
            "boot.rst, setup_data",
            SetupDataList),
    ];

    private Verdict CommandLine(X64Arrival arrival)
    {
        ByteView page = new(LinuxX86Contract.ReadBootParams(arrival), "boot_params");
        ulong at = Pointer(page, SetupFields.CmdLinePtr, BootParamsFields.ExtCmdLinePtr);
        string wanted = contract.Handoff.CommandLine;
        int length = Encoding.UTF8.GetByteCount(wanted);
        string? found = arrival.ReadText(at, Math.Max(length, contract.Kernel.CommandLineLimit));
        string? problem = found is null ? "no text that ends"
            : found != wanted ? $"\"{Shorten(found)}\""
            : length > contract.Kernel.CommandLineLimit ? $"{length} bytes, the kernel takes {contract.Kernel.CommandLineLimit}"
            : arrival.SegmentAt(at)?.Name != "boot_params" ? "text outside of boot_params' segment"
            : contract.Footprint(arrival)?.Overlaps(new PhysicalRange(new PhysicalAddress(at), (ulong)length + 1)) == true
                ? "text in the kernel's init_size"
            : null;
        return Verdict.Unless(problem is null ? null : $"at 0x{at:x}: {problem}", $"at 0x{at:x}, {length} bytes");
    }

    private static Verdict Initrd(X64Arrival arrival)
    {
        ByteView page = new(LinuxX86Contract.ReadBootParams(arrival), "boot_params");
        ulong start = Pointer(page, SetupFields.RamdiskImage, BootParamsFields.ExtRamdiskImage);
        ulong size = Pointer(page, SetupFields.RamdiskSize, BootParamsFields.ExtRamdiskSize);
        Segment? initrd = arrival.Segment("initrd");
        ulong wantedStart = initrd?.Destination.Start.Value ?? 0;
        ulong wantedSize = (ulong)(initrd?.Content.Length ?? 0);
        string wanted = initrd is null ? "there is none" : $"0x{wantedSize:x} bytes are at 0x{wantedStart:x}";
        bool isRight = start == wantedStart && size == wantedSize;
        return new Verdict(isRight, $"0x{size:x} bytes at 0x{start:x}{(isRight ? "" : $", and {wanted}")}");
    }

    private Verdict InitrdLimit(X64Arrival arrival)
    {
        if (arrival.Segment("initrd") is not { } initrd)
        {
            return Verdict.Kept("there is none");
        }

        PhysicalRange place = new(initrd.Destination.Start, (ulong)initrd.Content.Length);
        string? problem = !contract.Machine.FirmwareMemory.Ram.Contains(place) ? "is not all RAM"
            : contract.Footprint(arrival)?.Overlaps(place) == true ? "lies in the kernel's init_size"
            : place.End > contract.Kernel.InitrdLimit ? $"reaches above {contract.Kernel.InitrdLimit}"
            : null;
        return Verdict.Unless(problem is null ? null : $"{place} {problem}", place.ToString());
    }

    private Verdict SetupDataList(X64Arrival arrival)
    {
        List<uint> types = [];
        PhysicalRange? home = arrival.SegmentAt(LinuxX86Contract.BootParams(arrival))?.Destination;
        ulong expected = LinuxX86Contract.BootParams(arrival) + BootParamsFields.Size;
        string? problem = null;
        foreach (SetupDataNode node in SetupDataNode.Walk(arrival))
        {
            PhysicalAddress start = new(node.Address);
            ulong length = SetupData.HeaderSize + (ulong)node.Length;
            bool isHome = PhysicalRange.Fits(start, length) && home?.Contains(new PhysicalRange(start, length)) == true;
            problem ??= !isHome || !arrival.IsWritten(node.Address, length)
                ? $"the node at 0x{node.Address:x} with 0x{node.Length:x} bytes is not in boot_params' segment"
                : node.Address != expected ? $"a node at 0x{node.Address:x}, the one before it ends at 0x{expected:x}"
                : null;
            expected = unchecked(node.Address + length + 7) & ~7UL;
            types.Add(node.Type);
        }

        ByteView page = new(LinuxX86Contract.ReadBootParams(arrival), "boot_params");
        ulong next = Pointer(page, BootParamsFields.EfiMemmap, BootParamsFields.EfiMemmapHi);
        next = next != 0 ? next : Pointer(page, SetupFields.CmdLinePtr, BootParamsFields.ExtCmdLinePtr);
        problem ??= expected != next ? $"the last node ends at 0x{expected:x}, and what follows begins at 0x{next:x}" : null;
        string seen = $"types {string.Join(", ", types)}";
        return Verdict.Unless(problem ?? WrongTypes(types), types.Count == 0 ? "empty" : seen);
    }

    /// <summary>The list has what must be there, once, and at most a seed besides.</summary>
    private string? WrongTypes(List<uint> types)
    {
        bool needsExtension = contract.Handoff.NextMemory.Count > BootParamsFields.E820MaxEntries;
        (SetupDataType Type, bool? Wanted)[] rules =
            [(SetupDataType.E820Ext, needsExtension), (SetupDataType.Efi, contract.ExpectsEfi), (SetupDataType.RngSeed, null)];
        foreach ((SetupDataType type, bool? wanted) in rules)
        {
            int count = types.RemoveAll(found => found == (uint)type);
            if (count > 1 || (wanted is { } must && count != (must ? 1 : 0)))
            {
                return $"{count} nodes of type {(uint)type}";
            }
        }

        return types.Count > 0 ? $"a node of type {types[0]}, which nobody asked for" : null;
    }

    private static ulong Pointer(ByteView page, Field<uint> low, Field<uint> high) =>
        low.Read(page) | ((ulong)high.Read(page) << 32);

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
