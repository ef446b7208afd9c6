using Baton.Bytes;
using Baton.Formats;
using Baton.Formats.BzImage;
using Baton.Formats.Zboot;

namespace Baton.Reports;

/// <summary>
/// Where in the file that a report names a packed kernel lies. A header counts from the kernel that it is in, and that may be
/// a section of a UKI.
/// </summary>
internal static class PayloadPlace
{
    /// <summary>A bzImage's payload; null when the bzImage was unpacked, so that the payload lies nowhere in the file.</summary>
    public static long? Of(BzImagePayload payload, KernelImage kernel) =>
        kernel.BzImage is { } bzImage && Start(bzImage.Source, kernel.Source) is { } start ? start + payload.Offset : null;

    /// <summary>An EFI zboot image's payload; null when the image was unpacked.</summary>
    public static long? Of(ZbootFile zboot, KernelImage kernel) =>
        Start(zboot.Pe.Source, kernel.Source) is { } start ? start + zboot.PayloadOffset : null;

    /// <summary>The place in words, behind a size; empty when there is none.</summary>
    public static string InWords(long? place) => place is { } offset ? $" at 0x{offset:x} of the file" : "";

    private static long? Start(IByteSource part, IByteSource file)
    {
        long start = 0;
        while (!ReferenceEquals(part, file))
        {
            if (part is not SourceSlice slice)
            {
                return null;
            }

            start += slice.Offset;
            part = slice.Whole;
        }

        return start;
    }
}
