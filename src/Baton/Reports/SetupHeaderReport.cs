using Baton.Bytes;
using Baton.Formats;
using Baton.Formats.BzImage;

namespace Baton.Reports;

/// <summary>
/// The setup header of a bzImage as a table: every field by its name. All offsets count from the bzImage's first byte, which
/// need not be the file's.
/// </summary>
public static class SetupHeaderReport
{
    /// <summary>The table: field, offset, value, meaning.</summary>
    public static ReportSection Section(BzImageHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        return new ReportSection(
            "Setup header",
            ["field", "offset", "value", "meaning"],
            [.. SetupFields.All.Select(field => Row(field, header))]);
    }

    /// <summary>A field's value; null when the header's version does not have it.</summary>
    public static ulong? Value(DeclaredField field, BzImageHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (field.Since > header.Version)
        {
            return null;
        }

        ByteView bytes = new(header.SetupHeader.Span, "setup_header", SetupFields.Start);
        return (field with { Offset = field.Offset - SetupFields.Start }).Read(bytes);
    }

    private static IReadOnlyList<string> Row(DeclaredField field, BzImageHeader header)
    {
        string offset = $"0x{field.Offset:x3}";
        return Value(field, header) is { } value
            ? [field.Name, offset, $"0x{value.ToString($"x{field.Size * 2}", null)}", Meaning(field, value, header)]
            : [field.Name, offset, "-", $"since boot protocol {BzImageHeader.FormatVersion(field.Since)}"];
    }

    private static string Meaning(DeclaredField field, ulong value, BzImageHeader header) => field.Name switch
    {
        "setup_sects" => $"protected-mode code at 0x{header.KernelOffset:x} of the bzImage",
        "root_flags" => value != 0 ? "root is mounted read-only" : "root is mounted writable",
        "syssize" => $"paragraphs: {Sizes.Of((ulong)header.KernelLength)} of protected-mode code",
        "vid_mode" => value switch
        {
            0xffff => "normal",
            0xfffe => "extended",
            0xfffd => "ask",
            _ => "",
        },
        "jump" => $"the header ends at 0x{header.SetupHeaderEnd:x}",
        "header" => "HdrS",
        "version" => $"boot protocol {header.VersionText}",
        "kernel_version" => value == 0 ? "no version string" : $"version string at 0x{value + 0x200:x}",
        "type_of_loader" => value == 0 ? "for the loader to fill in" : "",
        "loadflags" => string.Join(", ", BzImageFlags.NamesOf(header.LoadFlags)),
        "xloadflags" => string.Join(", ", BzImageFlags.NamesOf(header.XLoadFlags)),
        "initrd_addr_max" => "highest address of the initrd below 4 GiB",
        "kernel_alignment" => Sizes.Of(value),
        "relocatable_kernel" => value != 0 ? "runs at any aligned address" : "runs only at its own address",
        "min_alignment" => value is > 0 and < 64 ? Sizes.Of(1UL << (int)value) : "as kernel_alignment",
        "cmdline_size" => $"{value} bytes and a NUL",
        "hardware_subarch" => value == 0 ? "PC" : "",
        "payload_offset" => $"at 0x{header.KernelOffset + header.PayloadOffset:x} of the bzImage",
        "payload_length" => Sizes.Of(value),
        "pref_address" => "where it wants to run",
        "init_size" => $"{Sizes.Of(value)} used before the memory map is read",
        "handover_offset" => value == 0 ? "no EFI handover" : "EFI handover entry point",
        "kernel_info_offset" => value == 0 ? "no kernel_info" : "",
        _ => "",
    };
}
