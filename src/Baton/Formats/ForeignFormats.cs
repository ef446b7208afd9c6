using Baton.Bytes;
using Baton.Formats.Cpio;
using Baton.Formats.Elf;
using Baton.Formats.Pe;

namespace Baton.Formats;

/// <summary>Kernels and things taken for kernels that are known by sight and not read: errors call them by name.</summary>
public static class ForeignFormats
{
    private const uint MultibootMagic = 0x1bad_b002;
    private const uint Multiboot2Magic = 0xe852_50d6;
    private const int MultibootSearch = 0x2000;
    private const int Multiboot2Search = 0x8000;

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

        // This is a PE image too, so it comes before it.
        if (ImageMagic.Read(head) == 0x0543_5352)
        {
            return new ForeignFormat(ImageError.WrongArchitecture, "a RISC-V Linux Image");
        }

        if (PeFields.EMagic.Read(head) == PeFields.DosMagic)
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
            0xedfe_0dd0 => new ForeignFormat(ImageError.UnknownFormat, "a device tree, or a FIT image"),
            0x5619_0527 => new ForeignFormat(ImageError.UnknownFormat, "a U-Boot uImage"),
            _ when CpioReader.Matches(head) =>
                new ForeignFormat(ImageError.UnknownFormat, "a cpio archive: an initrd, not a kernel"),
            _ => null,
        };
    }

    private static ForeignFormat? RecognisePe(ByteView head)
    {
        if (!PeFile.Matches(head))
        {
            return null;
        }

        string machine = (PeMachine)PeFields.Machine.ReadAt(head, PeFields.ELfanew.Read(head)) switch
        {
            PeMachine.X64 => "x86-64",
            PeMachine.AArch64 => "arm64",
            PeMachine.I386 => "i386",
            PeMachine other => $"machine 0x{(ushort)other:x}",
        };
        return new ForeignFormat(ImageError.UnknownFormat, $"a PE image ({machine}) without a setup header");
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
