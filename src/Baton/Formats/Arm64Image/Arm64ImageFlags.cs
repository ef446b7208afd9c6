namespace Baton.Formats.Arm64Image;

/// <summary>What the flags of an arm64 kernel say, in words.</summary>
public static class Arm64ImageFlags
{
    /// <summary>The flags that are given; empty for kernels that have none.</summary>
    public static IReadOnlyList<string> NamesOf(Arm64ImageHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (header.ImageSize == 0)
        {
            return [];
        }

        return
        [
            header.BigEndian ? "big-endian" : "little-endian",
            header.PageSize switch
            {
                Arm64PageSize.Kib4 => "4 KiB pages",
                Arm64PageSize.Kib16 => "16 KiB pages",
                Arm64PageSize.Kib64 => "64 KiB pages",
                _ => "unspecified pages",
            },
            header.Anywhere ? "anywhere in memory" : "low in memory",
        ];
    }
}
