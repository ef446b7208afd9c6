using Baton.Bytes;
using Baton.Tests.Formats;

namespace Baton.Tests.Bytes;

/// <summary>Windows, slices and streams of a source give the source's own bytes.</summary>
public sealed class SourceTests
{
    private static readonly byte[] Sample = TestImages.Sample(5000);

    [Fact]
    public void A_sliding_window_may_be_moved_anywhere()
    {
        SlidingWindow window = new(TestImages.Source(Sample), 64);
        Random random = new(1);
        for (int i = 0; i < 5000; i++)
        {
            int offset = random.Next(Sample.Length + 1);
            int length = random.Next(200);
            Assert.Equal(
                Sample[offset..Math.Min(Sample.Length, offset + length)], window.At(offset, length).Bytes.ToArray());
        }

        Assert.Throws<ImageFormatException>(() => window.At(Sample.Length + 1, 1).Length);
        Assert.Throws<ImageFormatException>(() => window.At(-1, 1).Length);
    }

    [Fact]
    public void A_slice_has_no_more_than_its_part()
    {
        SourceSlice slice = new(TestImages.Source(Sample), 100, 50, "part");
        Assert.Equal(Sample[100..150], slice.ReadAll(50));
        Assert.Equal(Sample[100..150], slice.Whole.ReadAll(5000)[(int)slice.Offset..150]);
        Assert.Throws<ImageFormatException>(() => slice.Read(49, new byte[2]));
        Assert.Throws<ImageFormatException>(() => slice.Read(-1, new byte[1]));
        Assert.Throws<ImageFormatException>(() => new SourceSlice(TestImages.Source(Sample), 4990, 11, "part"));
        Assert.Throws<ImageFormatException>(() => new SourceSlice(TestImages.Source(Sample), long.MaxValue, 1, "part"));
    }

    [Fact]
    public void A_stream_ends_with_its_source()
    {
        using SourceStream stream = new(TestImages.Source(Sample));
        using MemoryStream copy = new();
        stream.CopyTo(copy, 77);
        Assert.Equal(Sample, copy.ToArray());
    }

    [Fact]
    public void The_crc_is_the_one_of_the_standard()
    {
        Crc32 crc = default;
        crc.Add("12345"u8);
        crc.Add("6789"u8);
        Assert.Equal(0xcbf4_3926, crc.Value);
    }
}
