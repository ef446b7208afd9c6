using System.Globalization;
using System.Security.Cryptography;
using Baton.Bytes;
using Baton.Gathers;
using Baton.Handoffs;
using Baton.Linux;
using Baton.Linux.Files;
using Baton.Linux.Gathers;
using Baton.Memory;
using Baton.Tests.Protocols;
using Microsoft.Win32.SafeHandles;

namespace Baton.Tests.Linux;

/// <summary>Files in memory whose pages are handed over as they lie; the kernel says where that is.</summary>
[Collection(nameof(LeaseTests))]
public sealed class PartsInPlaceTests : IDisposable
{
    private const int PageSize = (int)PageMove.PageSize;
    private const int Pages = 100;
    private const int Length = (Pages * PageSize) + 123;

    private readonly string _compaction = Path.GetTempFileName();
    private readonly SafeFileHandle _memory;
    private readonly byte[] _bytes = new byte[Length];
    private readonly List<FileSource> _open = [];

    public PartsInPlaceTests()
    {
        File.WriteAllText(_compaction, "1\n");
        _memory = new SafeFileHandle(LibC.MemFdCreate("image", 0), ownsHandle: true);
        new Random(1).NextBytes(_bytes);
        File.WriteAllBytes(Name, _bytes);
    }

    private string Name => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_memory.DangerousGetHandle()}");

    public void Dispose()
    {
        _open.ForEach(file => file.Dispose());
        _memory.Dispose();
        File.Delete(_compaction);
    }

    [Fact]
    public void Whole_pages_need_no_copy_and_page_tables_are_counted()
    {
        ContentPart part = new(0, Open(), 0, Length);
        PartsInPlace found = PartsInPlace.Of(Plan(new SegmentContent(part)), method: null);
        Assert.True(found.Contains(part, out long missing));
        Assert.Equal(0, missing);
        Assert.Equal((ulong)Pages * PageSize, found.Bytes);
        Assert.Equal((ulong)((Pages * PageSize) - (Pages * 8)), found.HeldBytes);
    }

    [Fact]
    public void A_hole_is_no_memory_yet()
    {
        using (FileStream file = new(Name, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(0);
            file.SetLength(Length);
        }

        ContentPart part = new(0, Open(), 0, Length);
        PartsInPlace found = PartsInPlace.Of(Plan(new SegmentContent(part)), PinMethod.Lock);
        Assert.True(found.Contains(part, out long missing));
        Assert.Equal(Pages * PageSize, missing);
        Assert.Equal(0UL, found.HeldBytes);
    }

    [Fact]
    public void A_page_that_is_needed_twice_is_copied_once()
    {
        ContentPart first = new(0, Open(), 0, 50 * PageSize);
        ContentPart second = new(50 * PageSize, Open(), 49 * PageSize, 51 * PageSize);
        ContentPart third = new(101 * PageSize, Open(), 50 * PageSize, 50 * PageSize);
        PartsInPlace found = PartsInPlace.Of(Plan(new SegmentContent(first, second, third)), method: null);
        Assert.True(found.Contains(first, out _));
        Assert.False(found.Contains(second, out _));
        Assert.True(found.Contains(third, out _));
    }

    [Theory]
    [InlineData(0, 512, 50 * PageSize, null)]
    [InlineData(512, 0, 50 * PageSize, null)]
    [InlineData(0, 0, 60 << 10, null)]
    [InlineData(0, 0, 50 * PageSize, PinMethod.IoUring)]
    [InlineData(0, 0, 50 * PageSize, PinMethod.HugePages)]
    public void Everything_else_is_copied(long offset, long sourceOffset, long length, PinMethod? method)
    {
        ContentPart part = new(offset, Open(), sourceOffset, length);
        Assert.False(PartsInPlace.Of(Plan(new SegmentContent(part)), method).Contains(part, out _));
    }

    [Fact]
    public void Pages_are_the_files_own_and_locked_while_they_are_held()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root learns where pages lie, and may lock them");
        FileSource file = Open();
        Handoff handoff = Plan(new SegmentContent(new ContentPart(0, file, 0, Length)));
        using (HeldImage image = Hold(handoff, new HeldMemory(new PinSettings(_compaction))))
        {
            Assert.Equal((ulong)Pages * PageSize, image.InPlaceBytes);
            Assert.Equal("0", File.ReadAllText(_compaction));
            IReadOnlyList<PageMove> moves = image.Moves();
            Assert.Equal(Pages + 1, moves.Sum(move => (long)move.Pages));

            // The file's own pages, by another mapping, and the last one elsewhere.
            using FilePages other = FilePages.Map(file, 0, Pages * PageSize);
            other.Fill(new HeldMemory(new PinSettings(_compaction)));
            PageMoves own = new();
            other.AddMoves(0, 0x100, Pages, own);
            Assert.Equal(own.Moves.SelectMany(PagesOf), moves.SelectMany(PagesOf).Take(Pages));
            ulong last = moves.SelectMany(PagesOf).Last().Source;
            Assert.DoesNotContain(last, own.Moves.SelectMany(PagesOf).Select(page => page.Source));
            string digest = Convert.ToHexStringLower(SHA256.HashData(_bytes));
            Assert.Equal(digest, image.Sha256Of(new PhysicalAddress(0x10_0000), Length));
        }

        Assert.Equal("1", File.ReadAllText(_compaction));
    }

    [Fact]
    public async Task Somebody_who_wants_to_write_waits_and_is_noticed()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may lock so many pages");
        Task writer;
        using (HeldImage image = Hold(
            Plan(new SegmentContent(new ContentPart(0, Open(), 0, Length))), new HeldMemory(new PinSettings(_compaction))))
        {
            image.ThrowIfDisputed();
            writer = Task.Run(() => File.WriteAllBytes(Name, [1]), TestContext.Current.CancellationToken);
            ImageFormatException? e = null;
            while (e is null && !writer.IsCompleted)
            {
                e = Record.Exception(image.ThrowIfDisputed) as ImageFormatException;
            }

            Assert.Equal(ImageError.Changed, e?.Error);
            Assert.Contains("another process wants to write to the file", e?.Message, StringComparison.Ordinal);
        }

        await writer;
        Assert.Equal([1], await File.ReadAllBytesAsync(Name, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_page_that_has_moved_since_the_list_was_made_is_noticed()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root learns where pages lie, and may lock them");
        Handoff handoff = Plan(new SegmentContent(new ContentPart(0, Open(), 0, Length)));
        using HeldImage image = Hold(handoff, new HeldMemory(new PinSettings(_compaction)));
        GatherCarrier carrier = new(TestMachines.Bios(), image, new RecordingCalls());
        PageMove[] held = [.. image.Moves()];
        carrier.Load(Loaded(handoff, held));
        Assert.True(carrier.IsStillRight());
        for (int i = 0; i < held.Length; i++)
        {
            PageMove[] elsewhere = [.. held];
            elsewhere[i] = held[i] with { Source = held[i].Source + 1 };
            carrier.Load(Loaded(handoff, elsewhere));
            Assert.False(carrier.IsStillRight());
        }

        carrier.Load(Loaded(handoff, held[1..]));
        Assert.False(carrier.IsStillRight());
    }

    [Fact]
    public void Pages_that_were_given_back_are_no_longer_handed_over_and_the_file_is_whole()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root learns where pages lie, and may lock them");
        HeldMemory held = new(new PinSettings(_compaction));
        using HeldImage image = Hold(Plan(new SegmentContent(new ContentPart(0, Open(), 0, Length))), held);
        held.GiveBack();
        Assert.ThrowsAny<Exception>(image.Moves);
        Assert.Equal(_bytes, File.ReadAllBytes(Name));
    }

    private static GatheredHandoff Loaded(Handoff handoff, IReadOnlyList<PageMove> held) => new()
    {
        Handoff = handoff,
        Relocator = new Segment(
            "relocator", new PhysicalRange(PhysicalAddress.Zero, PageSize), SegmentContent.OfBytes(new byte[1], "relocator")),
        Lists = [],
        Held = held,
        Moves = held,
    };

    private static HeldImage Hold(Handoff handoff, HeldMemory held) =>
        HeldImage.Hold(handoff, PartsInPlace.Of(handoff, PinMethod.Lock), held, PinMethod.Lock);

    private static IEnumerable<(ulong Source, ulong Destination)> PagesOf(PageMove move)
    {
        for (ulong i = 0; i < move.Pages; i++)
        {
            ulong page = move.Descending ? move.Pages - 1 - i : i;
            yield return (move.Source + page, move.Destination + page);
        }
    }

    private static Handoff Plan(SegmentContent content)
    {
        PhysicalRange place = new(new PhysicalAddress(0x10_0000), ((ulong)content.Length + PageSize - 1) / PageSize * PageSize);
        return new Handoff
        {
            Architecture = Architecture.X64,
            Protocol = "test",
            Segments = [new Segment("initrd", place, content)],
            Entry = place.Start,
            KernelEntry = place.Start,
            CommandLine = "",
            NextMemory = MemoryMap.Empty,
            Reservations = [],
            Findings = [],
        };
    }

    private FileSource Open()
    {
        FileSource file = FileSource.Open(Name);
        _open.Add(file);
        return file;
    }
}
