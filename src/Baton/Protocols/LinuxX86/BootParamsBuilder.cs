using System.Text;
using Baton.Bytes;
using Baton.Formats.BzImage;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Protocols.LinuxX86;

/// <summary>Every address that boot_params points to, decided before a byte of it is written.</summary>
public sealed record BootParamsPlan
{
    public required LinuxX86Kernel Kernel { get; init; }

    /// <summary>The memory map that the next kernel is given.</summary>
    public required MemoryMap Memory { get; init; }

    public required Machine Machine { get; init; }

    /// <summary>Where the kernel's first byte goes.</summary>
    public required PhysicalAddress KernelStart { get; init; }

    /// <summary>The initrd's exact bytes, not its pages; null for none.</summary>
    public required PhysicalRange? Initrd { get; init; }

    public required string CommandLine { get; init; }

    public required ReadOnlyMemory<byte> RngSeed { get; init; }

    /// <summary>Whether the next kernel is told about EFI.</summary>
    public required bool PassEfi { get; init; }
}

/// <summary>
/// The segment that holds boot_params (the "zero page") and what it points to: the setup_data list, the EFI memory map
/// and the command line. Built from the new kernel's setup header and from facts of the machine, never copied from the
/// running kernel's (Documentation/arch/x86/zero-page.rst and boot.rst).
/// </summary>
public sealed class BootParamsBuilder
{
    /// <summary>type_of_loader of a loader without an assigned number.</summary>
    private const byte UndefinedLoader = 0xff;

    private readonly BootParamsPlan _plan;
    private readonly byte[] _e820Rest;
    private readonly byte[] _page = new byte[BootParamsFields.Size];
    private readonly List<SetupData> _setupData = [];
    private readonly byte[] _efiMap;
    private readonly byte[] _commandLine;

    public BootParamsBuilder(BootParamsPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _plan = plan;
        _efiMap = plan.PassEfi && plan.Machine.Efi is { } efi ? EfiMemoryMap.Build(efi.RuntimeMap) : [];
        _commandLine = [.. Encoding.UTF8.GetBytes(plan.CommandLine), 0];
        WriteHeader();
        MachineFacts.Write(_page, plan.Machine);
        _e820Rest = E820Table.Write(_page, plan.Memory);
        ListSetupData();
    }

    /// <summary>Bytes of the whole segment.</summary>
    public int Length => CommandLineOffset + _commandLine.Length;

    /// <summary>Where the setup_data nodes start, bytes from the segment's start.</summary>
    public static int SetupDataOffset => BootParamsFields.Size;

    private int EfiMapOffset => SetupDataOffset + _setupData.Sum(NodeSize);

    private int CommandLineOffset => EfiMapOffset + Align8(_efiMap.Length);

    /// <summary>Writes the segment for a place.</summary>
    /// <param name="start">Physical address of boot_params.</param>
    public byte[] Build(PhysicalAddress start)
    {
        byte[] bytes = new byte[Length];
        _page.CopyTo(bytes, 0);
        WriteSetupData(bytes, start);
        _efiMap.CopyTo(bytes, EfiMapOffset);
        _commandLine.CopyTo(bytes, CommandLineOffset);
        ulong commandLine = (start + (ulong)CommandLineOffset).Value;
        WritePointer(bytes, SetupFields.CmdLinePtr, BootParamsFields.ExtCmdLinePtr, commandLine);
        if (_efiMap.Length > 0)
        {
            WriteEfiInfo(bytes, start + (ulong)EfiMapOffset);
        }

        return bytes;
    }

    /// <summary>64-bit values live in two places: the old 32-bit field and its "ext" upper half.</summary>
    private static void WritePointer(Span<byte> page, Field<uint> low, Field<uint> high, ulong value)
    {
        low.Write(page, unchecked((uint)value));
        high.Write(page, (uint)(value >> 32));
    }

    private static int NodeSize(SetupData node) => Align8(SetupData.HeaderSize + node.Data.Length);

    private static int Align8(int length) => (length + 7) & ~7;

    private void WriteHeader()
    {
        _plan.Kernel.SetupHeader.Span.CopyTo(_page.AsSpan(SetupFields.SetupSects.Offset));
        SetupFields.TypeOfLoader.Write(_page, UndefinedLoader);

        // No real-mode code runs, so there is no heap for it, and no module that sets up video.
        byte loadFlags = _page[SetupFields.Loadflags.Offset];
        SetupFields.Loadflags.Write(_page, (byte)(loadFlags & ~(byte)LoadFlags.CanUseHeap));
        SetupFields.VidMode.Write(_page, 0xffff);
        if (_plan.KernelStart < PhysicalAddress.FourGiB)
        {
            SetupFields.Code32Start.Write(_page, (uint)_plan.KernelStart.Value);
        }

        if (_plan.Initrd is { } initrd)
        {
            WritePointer(_page, SetupFields.RamdiskImage, BootParamsFields.ExtRamdiskImage, initrd.Start.Value);
            WritePointer(_page, SetupFields.RamdiskSize, BootParamsFields.ExtRamdiskSize, initrd.Length);
        }
    }

    private void ListSetupData()
    {
        if (_e820Rest.Length > 0)
        {
            _setupData.Add(new SetupData(SetupDataType.E820Ext, _e820Rest));
        }

        if (_plan.PassEfi && _plan.Machine.Efi is { } efi)
        {
            _setupData.Add(new SetupData(SetupDataType.Efi, EfiSetupData.Build(efi)));
        }

        if (_plan.RngSeed.Length > 0)
        {
            _setupData.Add(new SetupData(SetupDataType.RngSeed, _plan.RngSeed));
        }
    }

    private void WriteSetupData(byte[] bytes, PhysicalAddress start)
    {
        int offset = SetupDataOffset;
        if (_setupData.Count > 0)
        {
            SetupFields.SetupData.Write(bytes, (start + (ulong)offset).Value);
        }

        foreach (SetupData node in _setupData)
        {
            int next = offset + NodeSize(node);
            bool last = node == _setupData[^1];
            node.Write(bytes.AsSpan(offset), last ? PhysicalAddress.Zero : start + (ulong)next);
            offset = next;
        }
    }

    private void WriteEfiInfo(byte[] bytes, PhysicalAddress map)
    {
        EfiFirmware efi = _plan.Machine.Efi ?? throw new InvalidOperationException("EFI map without EFI facts");
        BootParamsFields.EfiLoaderSignature.Write(
            bytes,
            efi.PlatformBits == 64 ? BootParamsFields.Efi64LoaderSignature : BootParamsFields.Efi32LoaderSignature);
        ulong table = efi.SystemTable?.Value ?? 0;
        WritePointer(bytes, BootParamsFields.EfiSystab, BootParamsFields.EfiSystabHi, table);
        BootParamsFields.EfiMemdescSize.Write(bytes, EfiMemoryMap.DescriptorSize);
        BootParamsFields.EfiMemdescVersion.Write(bytes, EfiMemoryMap.DescriptorVersion);
        WritePointer(bytes, BootParamsFields.EfiMemmap, BootParamsFields.EfiMemmapHi, map.Value);
        BootParamsFields.EfiMemmapSize.Write(bytes, (uint)_efiMap.Length);
    }
}
