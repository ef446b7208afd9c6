using Baton.Bytes;
using Baton.Handoffs;

namespace Baton.Tests.Handoffs;

public sealed class SegmentContentTests
{
    private static readonly ArraySource Letters = new("abcdefgh"u8.ToArray(), "letters");

    [Fact]
    public void Gaps_and_the_tail_read_as_zeros()
    {
        SegmentContent content = new(new ContentPart(1, Letters, 2, 3), new ContentPart(6, Letters, 0, 2));
        byte[] bytes = new byte[10];
        bytes.AsSpan().Fill(0xff);
        content.Read(0, bytes);
        Assert.Equal("\0cde\0\0ab\0\0"u8.ToArray(), bytes);
        Assert.Equal(8, content.Length);
    }

    [Fact]
    public void Every_window_is_the_same_bytes()
    {
        SegmentContent content = new(new ContentPart(1, Letters, 2, 3), new ContentPart(6, Letters, 0, 2));
        byte[] whole = new byte[10];
        content.Read(0, whole);
        for (int from = 0; from < whole.Length; from++)
        {
            for (int length = 0; from + length <= whole.Length; length++)
            {
                byte[] window = new byte[length];
                content.Read(from, window);
                Assert.Equal(whole[from..(from + length)], window);
                byte[] piece = new byte[length];
                content.Piece(from, length).Read(0, piece);
                Assert.Equal(window, piece);
            }
        }
    }

    [Fact]
    public void A_piece_ends_where_it_was_cut()
    {
        SegmentContent content = new(new ContentPart(1, Letters, 2, 3), new ContentPart(6, Letters, 0, 2));
        SegmentContent piece = content.Piece(2, 5);
        byte[] bytes = new byte[6];
        piece.Read(0, bytes);
        Assert.Equal("de\0\0a\0"u8.ToArray(), bytes);
        Assert.Equal(5, piece.Length);
    }

    [Fact]
    public void Parts_must_not_overlap_or_leave_their_source()
    {
        Assert.Throws<ArgumentException>(
            () => new SegmentContent(new ContentPart(0, Letters, 0, 4), new ContentPart(3, Letters, 0, 1)));
        Assert.Throws<ArgumentException>(() => new SegmentContent(new ContentPart(0, Letters, 6, 3)));
    }
}
