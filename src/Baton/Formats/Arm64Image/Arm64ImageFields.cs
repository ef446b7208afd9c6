using Baton.Bytes;

namespace Baton.Formats.Arm64Image;

/// <summary>The header of an arm64 kernel. Specification: Linux, Documentation/arch/arm64/booting.rst.</summary>
public static class Arm64ImageFields
{
    /// <summary>"ARM\x64" as a number.</summary>
    public const uint MagicValue = 0x644d_5241;

    /// <summary>Size of the header in bytes.</summary>
    public const int HeaderSize = 64;

    public static readonly Field<uint> Code0 = new(0, "code0");
    public static readonly Field<uint> Code1 = new(4, "code1");
    public static readonly Field<ulong> TextOffset = new(8, "text_offset");
    public static readonly Field<ulong> ImageSize = new(16, "image_size");
    public static readonly Field<ulong> Flags = new(24, "flags");
    public static readonly Field<ulong> Res2 = new(32, "res2");
    public static readonly Field<ulong> Res3 = new(40, "res3");
    public static readonly Field<ulong> Res4 = new(48, "res4");
    public static readonly Field<uint> Magic = new(56, "magic");

    /// <summary>Offset of the PE header, in a kernel with an EFI stub.</summary>
    public static readonly Field<uint> Res5 = new(60, "res5");

    /// <summary>The fields in the order of the header.</summary>
    public static IReadOnlyList<DeclaredField> All { get; } =
    [
        DeclaredField.Of(Code0), DeclaredField.Of(Code1), DeclaredField.Of(TextOffset), DeclaredField.Of(ImageSize),
        DeclaredField.Of(Flags), DeclaredField.Of(Res2), DeclaredField.Of(Res3), DeclaredField.Of(Res4),
        DeclaredField.Of(Magic), DeclaredField.Of(Res5),
    ];
}
