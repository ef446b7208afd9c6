namespace Baton.Formats.BzImage;

/// <summary>The flags of a setup header under the specification's names.</summary>
public static class BzImageFlags
{
    private static readonly (LoadFlags Flag, string Name)[] LoadNames =
    [
        (LoadFlags.LoadedHigh, "LOADED_HIGH"),
        (LoadFlags.Kaslr, "KASLR_FLAG"),
        (LoadFlags.Quiet, "QUIET_FLAG"),
        (LoadFlags.KeepSegments, "KEEP_SEGMENTS"),
        (LoadFlags.CanUseHeap, "CAN_USE_HEAP"),
    ];

    private static readonly (XLoadFlags Flag, string Name)[] XLoadNames =
    [
        (XLoadFlags.Kernel64, "XLF_KERNEL_64"),
        (XLoadFlags.CanBeLoadedAbove4G, "XLF_CAN_BE_LOADED_ABOVE_4G"),
        (XLoadFlags.EfiHandover32, "XLF_EFI_HANDOVER_32"),
        (XLoadFlags.EfiHandover64, "XLF_EFI_HANDOVER_64"),
        (XLoadFlags.EfiKexec, "XLF_EFI_KEXEC"),
        (XLoadFlags.FiveLevel, "XLF_5LEVEL"),
        (XLoadFlags.FiveLevelEnabled, "XLF_5LEVEL_ENABLED"),
        (XLoadFlags.MemEncryption, "XLF_MEM_ENCRYPTION"),
    ];

    /// <summary>The set bits of both fields; unknown ones are left out.</summary>
    public static IReadOnlyList<string> NamesOf(BzImageHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        return [.. NamesOf(header.LoadFlags), .. NamesOf(header.XLoadFlags)];
    }

    /// <summary>The set bits of <c>loadflags</c>.</summary>
    public static IEnumerable<string> NamesOf(LoadFlags flags) =>
        LoadNames.Where(f => flags.HasFlag(f.Flag)).Select(f => f.Name);

    /// <summary>The set bits of <c>xloadflags</c>.</summary>
    public static IEnumerable<string> NamesOf(XLoadFlags flags) =>
        XLoadNames.Where(f => flags.HasFlag(f.Flag)).Select(f => f.Name);
}
