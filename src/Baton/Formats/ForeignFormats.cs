using Baton.Bytes;
using Baton.Formats.Cpio;
using Baton.Formats.Elf;

namespace Baton.Formats;

/// <summary>Kernels and things taken for kernels that are known by sight and not read: errors call them by name.</summary>
public static class ForeignFormats
{
    private const uint MultibootMagic = 0x1bad_b002;
    private const uint Multiboot2Magic = 0xe852_50d6;
    private const int MultibootSearch = 0x2000;
    private const int Multiboot2Search = 0x8000;

    private static readonly Field<ushort> DosMagic = new(0, "e_magic");
    private static readonly Field<uint> ZbootMagic = new(4, "zboot magic");
    private static readonly Field<uint> PeOffset = new(0x3c, "e_lfanew");
    private static readonly Field<uint> PeMagic = new(0, "Signature");
    private static readonly Field<ushort> PeMachine = new(4, "Machine");
    private static readonly Field<uint> ImageMagic = new(0x38, "magic");
    private static readonly Field<uint> ArmMagic = new(0x24, "magic");
    private static readonly Field<uint> First = new(0, "magic");

    /// <summary>Names what the bytes start with; null when it is none of these.</summary>
    public static ForeignFormat? Recognise(ByteView head)
    {
        if (head.Length < ImageMagic.End)
        {
            return null;
        }

        // All of these are PE images too, so they come before it.
        if (ImageMagic.Read(head) == 0x644d_5241)
        {
            return new ForeignFormat(ImageError.UnknownFormat, "an arm64 Linux Image");
        }

        if (ImageMagic.Read(head) == 0x0543_5352)
        {
            return new ForeignFormat(ImageError.WrongArchitecture, "a RISC-V Linux Image");
        }

        if (DosMagic.Read(head) == 0x5a4d)
        {
            return RecognisePe(head);
        }

        if (ArmMagic.Read(head) == 0x016f_2818)
        {
            return new ForeignFormat(ImageError.WrongArchitecture, "a 32-bit ARM Linux zImage");
        }

        string multiboot = HasMultiboot(head) ? " with a Multiboot header" : "";
        if (ElfFile.Matches(head) && ElfFields.Class.Read(head) == ElfFields.Class32)
        {
            ElfMachine machine = (ElfMachine)ElfFields.Machine.Read(head);
            return new ForeignFormat(
                machine is ElfMachine.I386 or ElfMachine.X64 ? ImageError.UnknownFormat : ImageError.WrongArchitecture,
                $"a 32-bit ELF file for {machine}{multiboot}");
        }

        if (multiboot.Length > 0 && !ElfFile.Matches(head))
        {
            return new ForeignFormat(ImageError.UnknownFormat, $"a flat image{multiboot}");
        }

        return First.Read(head) switch
        {
            0xedfe_0dd0 => new ForeignFormat(ImageError.UnknownFormat, "a device tree, perhaps a FIT image"),
            0x5619_0527 => new ForeignFormat(ImageError.UnknownFormat, "a U-Boot uImage"),
            _ when CpioReader.Matches(head) =>
                new ForeignFormat(ImageError.UnknownFormat, "a cpio archive: an initrd, not a kernel"),
            _ => null,
        };
    }

    private static ForeignFormat? RecognisePe(ByteView head)
    {
        if (ZbootMagic.Read(head) == 0x676d_697a)
        {
            return new ForeignFormat(ImageError.UnknownFormat, "an EFI zboot kernel");
        }

        long offset = PeOffset.Read(head);
        if (offset > head.Length - PeMachine.End || PeMagic.ReadAt(head, offset) != 0x4550)
        {
            return null;
        }

        string machine = PeMachine.ReadAt(head, offset) switch
        {
            0x8664 => "x86-64",
            0xaa64 => "arm64",
            0x14c => "i386",
            ushort other => $"machine 0x{other:x}",
        };

        // A unified kernel image carries its kernel in a section of this name.
        bool unified = head.Bytes.IndexOf(".linux\0\0"u8) >= 0;
        return new ForeignFormat(
            ImageError.UnknownFormat,
            unified ? $"a unified kernel image (PE, {machine})" : $"a PE image ({machine}) without a setup header");
    }

    private static bool HasMultiboot(ByteView head)
    {
        for (int offset = 0; offset <= Math.Min(head.Length, Multiboot2Search) - 16; offset += 4)
        {
            uint magic = First.ReadAt(head, offset);
            if (magic != MultibootMagic && magic != Multiboot2Magic)
            {
                continue;
            }

            // Each header sums up to zero, modulo 2^32: magic, flags and checksum, or with the length as well.
            uint sum = unchecked(magic + First.ReadAt(head, offset + 4) + First.ReadAt(head, offset + 8));
            bool second = magic == Multiboot2Magic;
            if ((second ? unchecked(sum + First.ReadAt(head, offset + 12)) : sum) == 0
                && (second || offset < MultibootSearch))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A format that is known by sight.</summary>
/// <param name="Error">Why it is refused.</param>
/// <param name="Text">What it is, for a sentence that starts with "found".</param>
public sealed record ForeignFormat(ImageError Error, string Text);
