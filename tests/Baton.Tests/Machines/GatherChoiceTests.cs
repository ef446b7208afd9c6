using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Tests.Machines;

/// <summary>When an image is gathered without being asked for.</summary>
public sealed class GatherChoiceTests
{
    private const ulong MiB = 1 << 20;

    [Theory]
    [InlineData(100, 1000, 900, null)]
    [InlineData(600, 1000, 900, "more than half of RAM, 500 MiB")]
    [InlineData(400, 1000, 425, "would need 427 MiB")]
    [InlineData(600, 1000, 500, null)]
    [InlineData(400, 1000, 300, null)]
    public void It_is_the_figures_that_decide(int image, int total, int available, string? reason)
    {
        string? why = GatherChoice.WhyGather(
            Image(image), new MemoryTotals((ulong)total * MiB, 0, (ulong)available * MiB), free: null);
        Assert.Equal(reason is null, why is null);
        Assert.Contains(reason ?? "", why ?? "", StringComparison.Ordinal);
        string figures = reason is null ? "" : $"image {image} MiB, available {available} MiB";
        Assert.Contains(figures, why ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_kernel_keeps_back_counts()
    {
        MemoryTotals totals = new(1000 * MiB, 0, 590 * MiB);
        Assert.Null(GatherChoice.WhyGather(Image(600), totals, null));
        Assert.NotNull(GatherChoice.WhyGather(Image(600), totals with { Releasable = 40 * MiB }, null));

        // In huge pages, 1/73 of the image need not be there.
        Assert.NotNull(GatherChoice.WhyGather(Image(600), totals with { Available = 604 * MiB, HasFewerNotes = true }, null));
        Assert.Null(GatherChoice.WhyGather(Image(600), totals with { Available = 600 * MiB, HasFewerNotes = true }, null));
    }

    [Fact]
    public void Free_pages_in_the_destination_are_a_reason_for_large_images()
    {
        MemoryTotals totals = new(4000 * MiB, 0, 3000 * MiB);
        FreePages free = new(64 * MiB, [.. Enumerable.Repeat(32.0 * MiB, 32)]);
        Assert.Contains("50 % of the destinations", GatherChoice.WhyGather(Image(400), totals, free)!, StringComparison.Ordinal);
        Assert.Null(GatherChoice.WhyGather(Image(40), totals, free));

        // What the kernel's caches hold is not sure to be had, and kexec_load does without it.
        Assert.Null(GatherChoice.WhyGather(Image(400), totals with { Reclaimable = 2600 * MiB }, free));
        Assert.Null(GatherChoice.WhyGather(Image(400), totals, new FreePages(64 * MiB, [.. Enumerable.Repeat(0.0, 32)])));
    }

    private static Segment[] Image(int mebibytes) =>
    [
        new Segment(
            "initrd",
            new PhysicalRange(new PhysicalAddress(256 * MiB), (ulong)mebibytes * MiB),
            SegmentContent.OfBytes(new byte[1], "initrd")),
    ];
}
