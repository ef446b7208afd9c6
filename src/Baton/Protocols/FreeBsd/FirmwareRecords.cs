using Baton.Bytes;
using Baton.Formats.BzImage;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Protocols.FreeBsd;

/// <summary>What the kernel is told of firmware and screen: EFI_MAP, EFI_FB and VBE_FB.</summary>
public static class FirmwareRecords
{
    /// <summary>Bytes from the start of EFI_MAP to its first descriptor.</summary>
    public const int EfiMapHeader = 32;

    /// <summary>Bytes of a descriptor: as firmware has them.</summary>
    public const int EfiDescriptorSize = 48;

    /// <summary>What 64-bit firmware of a PC is, as the record EFI_ARCH has it.</summary>
    public const string EfiArchitecture = "amd64";

    /// <summary>EFI's ConventionalMemory: a map without is no complete one.</summary>
    private const uint Conventional = 7;

    private const int EfiDescriptorVersion = 1;
    private const int FramebufferSize = 48;
    private const ulong Page = 4096;

    private static readonly Field<ulong> MemorySize = new(0, "memory_size");
    private static readonly Field<ulong> DescriptorSize = new(8, "descriptor_size");
    private static readonly Field<uint> DescriptorVersion = new(16, "descriptor_version");
    private static readonly Field<uint> Type = new(0, "Type");
    private static readonly Field<ulong> PhysicalStart = new(8, "PhysicalStart");
    private static readonly Field<ulong> VirtualStart = new(16, "VirtualStart");
    private static readonly Field<ulong> NumberOfPages = new(24, "NumberOfPages");
    private static readonly Field<ulong> Attribute = new(32, "Attribute");

    private static readonly Field<ulong> FbAddress = new(0, "fb_addr");
    private static readonly Field<ulong> FbSize = new(8, "fb_size");
    private static readonly Field<uint> FbHeight = new(16, "fb_height");
    private static readonly Field<uint> FbWidth = new(20, "fb_width");
    private static readonly Field<uint> FbStride = new(24, "fb_stride");
    private static readonly Field<uint> FbRed = new(28, "fb_mask_red");
    private static readonly Field<uint> FbGreen = new(32, "fb_mask_green");
    private static readonly Field<uint> FbBlue = new(36, "fb_mask_blue");
    private static readonly Field<uint> FbReserved = new(40, "fb_mask_reserved");
    private static readonly Field<uint> FbDepth = new(44, "fb_bpp");

    /// <summary>Whether a map tells of ordinary memory too, not of the firmware's own alone.</summary>
    public static bool IsComplete(IReadOnlyList<EfiMemoryDescriptor>? map) =>
        map is not null && map.Any(descriptor => descriptor.Type == Conventional);

    /// <summary>
    /// Whether an amd64 kernel is told the EFI map: a 64-bit kernel believes it before SMAP, so it must be complete; SMAP is
    /// true on every machine.
    /// </summary>
    public static bool TellsEfiMap(FreeBsdRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Machine is { Firmware: FirmwareKind.Uefi, Efi: { PlatformBits: 64 } efi }
            && (IsComplete(efi.CompleteMap) || CopiedMap(request) is not null);
    }

    /// <summary>Where the crossing finds the EFI map that cannot be read before; null when it need not or must not.</summary>
    public static EfiMapPlace? CopiedMap(FreeBsdRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request is { IsForThisBoot: true, Machine.Efi: { HiddenMap: { } place } efi } && !IsComplete(efi.CompleteMap)
            && place.Range.End <= PhysicalAddress.FourGiB
            ? place
            : null;
    }

    /// <summary>The record EFI_MAP of arm64, all of which the crossing writes.</summary>
    /// <param name="room">Bytes for the map.</param>
    public static MetadataRecord EfiMap(ulong room) => new(ModInfo.Arm64EfiMap, new byte[EfiMapHeader + (int)room]);

    /// <summary>The record EFI_MAP with room for what the crossing copies.</summary>
    public static MetadataRecord EfiMap(EfiMapPlace place)
    {
        ArgumentNullException.ThrowIfNull(place);
        byte[] bytes = new byte[EfiMapHeader + (int)place.Range.Length];
        MemorySize.Write(bytes, place.Range.Length);
        DescriptorSize.Write(bytes, place.DescriptorSize);
        DescriptorVersion.Write(bytes, place.DescriptorVersion);
        return new MetadataRecord(ModInfo.EfiMap, bytes);
    }

    /// <summary>The record EFI_MAP.</summary>
    public static MetadataRecord EfiMap(IReadOnlyList<EfiMemoryDescriptor> map)
    {
        ArgumentNullException.ThrowIfNull(map);
        byte[] bytes = new byte[EfiMapHeader + (map.Count * EfiDescriptorSize)];
        MemorySize.Write(bytes, (ulong)(map.Count * EfiDescriptorSize));
        DescriptorSize.Write(bytes, EfiDescriptorSize);
        DescriptorVersion.Write(bytes, EfiDescriptorVersion);
        Span<byte> place = bytes.AsSpan(EfiMapHeader);
        foreach (EfiMemoryDescriptor descriptor in map)
        {
            Type.Write(place, descriptor.Type);
            PhysicalStart.Write(place, descriptor.Range.Start.Value);
            VirtualStart.Write(place, descriptor.VirtualStart);
            NumberOfPages.Write(place, descriptor.Range.Length / Page);
            Attribute.Write(place, descriptor.Attributes);
            place = place[EfiDescriptorSize..];
        }

        return new MetadataRecord(ModInfo.EfiMap, bytes);
    }

    /// <summary>The record of the screen; null when there is none that the kernel could use.</summary>
    public static MetadataRecord? Framebuffer(Machine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        if (machine.Framebuffer is not { Depth: 15 or 16 or 24 or 32 } framebuffer)
        {
            return null;
        }

        byte[] bytes = new byte[FramebufferSize];
        FbAddress.Write(bytes, framebuffer.Range.Start.Value);
        FbSize.Write(bytes, framebuffer.Range.Length);
        FbHeight.Write(bytes, (uint)framebuffer.Height);
        FbWidth.Write(bytes, (uint)framebuffer.Width);
        FbStride.Write(bytes, (uint)(framebuffer.Stride / ((framebuffer.Depth + 7) / 8)));
        ReadOnlySpan<byte> screen = machine.BootParams.Span;
        if (screen.Length < BootParamsFields.Size)
        {
            // What every PC's firmware has at 32 bits: blue lowest.
            screen = [];
        }

        FbRed.Write(bytes, Mask(screen, BootParamsFields.RedSize, BootParamsFields.RedPos, 0xff_0000));
        FbGreen.Write(bytes, Mask(screen, BootParamsFields.GreenSize, BootParamsFields.GreenPos, 0xff00));
        FbBlue.Write(bytes, Mask(screen, BootParamsFields.BlueSize, BootParamsFields.BluePos, 0xff));
        FbReserved.Write(bytes, Mask(screen, BootParamsFields.RsvdSize, BootParamsFields.RsvdPos, 0xff00_0000));
        bool isEfi = machine.Firmware == FirmwareKind.Uefi;
        if (!isEfi)
        {
            FbDepth.Write(bytes, (uint)framebuffer.Depth);
        }

        return new MetadataRecord(isEfi ? ModInfo.EfiFramebuffer : ModInfo.VbeFramebuffer, bytes);
    }

    private static uint Mask(ReadOnlySpan<byte> screen, Field<byte> size, Field<byte> position, uint usual)
    {
        if (screen.IsEmpty || screen[size.Offset] is 0 or > 8 || screen[position.Offset] > 24)
        {
            return usual;
        }

        return (uint)(((1UL << screen[size.Offset]) - 1) << screen[position.Offset]);
    }
}
