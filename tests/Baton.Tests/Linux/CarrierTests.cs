using Baton.Bytes;
using Baton.Handoffs;
using Baton.Linux;
using Baton.Linux.Files;
using Baton.Linux.Kexec;
using Baton.Memory;

namespace Baton.Tests.Linux;

/// <summary>What the kernel is given: exactly the planned bytes, of files that did not change meanwhile.</summary>
[Collection(nameof(LeaseTests))]
public sealed class CarrierTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("baton-carrier-").FullName;
    private readonly List<FileSource> _open = [];

    public void Dispose()
    {
        _open.ForEach(file => file.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(0, 0, 100)]
    [InlineData(0, 0, 4096)]
    [InlineData(0, 0, 12_345)]
    [InlineData(0x200, 0x200, 20_000)]
    [InlineData(0, 0x3e00, 20_000)]
    [InlineData(0x1000, 0, 9000)]
    [InlineData(0x123, 0x321, 9000)]
    public void A_piece_of_a_file_arrives_with_zeros_around_it(int offset, int sourceOffset, int length)
    {
        FileSource file = Write("kernel", 60_000);
        SegmentContent content = new(new ContentPart(offset, file, sourceOffset, length));
        AssertArrives(content);
    }

    [Fact]
    public void Files_and_arrays_join_in_one_segment()
    {
        FileSource first = Write("first", 10_001);
        FileSource second = Write("second", 4097);
        SegmentContent content = new(
            new ContentPart(0, first, 0, first.Length),
            new ContentPart(0x3000, second, 0, second.Length),
            new ContentPart(0x5002, new ArraySource(new byte[] { 1, 2, 3 }, "tail"), 0, 3));
        AssertArrives(content);
    }

    [Fact]
    public void The_entry_and_the_destinations_are_the_plans()
    {
        RecordingCalls calls = new();
        Handoff handoff = Plan(new SegmentContent(new ContentPart(0, Write("kernel", 5000), 0, 5000)));
        new KexecLoadCarrier(calls).Load(handoff);
        Assert.Equal(handoff.Entry, calls.Entry);
        Assert.Equal([handoff.Segments[0].Destination], calls.Loaded!.Keys);
    }

    [Fact]
    public void A_file_that_somebody_writes_is_refused_before_anything_is_loaded()
    {
        FileSource file = Write("kernel", 5000);
        using FileStream writer = new(file.Name, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        RecordingCalls calls = new();
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => new KexecLoadCarrier(calls).Load(
            Plan(new SegmentContent(new ContentPart(0, file, 0, 5000)))));
        Assert.Equal(ImageError.Changed, e.Error);
        Assert.Contains("open for writing", e.Message, StringComparison.Ordinal);
        Assert.Null(calls.Loaded);
    }

    [Fact]
    public void A_file_that_grew_since_it_was_opened_is_refused_before_anything_is_loaded()
    {
        FileSource file = Write("initrd", 5000);
        File.AppendAllText(file.Name, "more");
        RecordingCalls calls = new();
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => new KexecLoadCarrier(calls).Load(
            Plan(new SegmentContent(new ContentPart(0, file, 0, 5000)))));
        Assert.Equal((ImageError.Changed, file.Name), (e.Error, e.Where.Source));
        Assert.Null(calls.Loaded);
    }

    [Fact]
    public void A_file_that_was_cut_short_is_refused()
    {
        FileSource file = Write("initrd", 50_000);
        using (FileStream writer = new(file.Name, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            writer.SetLength(100);
        }

        ImageFormatException e = Assert.Throws<ImageFormatException>(() => new KexecLoadCarrier(new RecordingCalls())
            .Load(Plan(new SegmentContent(new ContentPart(0, file, 0, 50_000)))));
        Assert.Equal(ImageError.Changed, e.Error);
    }

    [Fact]
    public void A_change_that_no_lease_could_prevent_unloads_the_mixed_image()
    {
        FileSource file = Write("initrd", 50_000);
        RecordingCalls calls = new() { WhileLoading = () => File.SetLastWriteTimeUtc(file.Name, DateTime.UnixEpoch) };
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => new KexecLoadCarrier(calls).Load(
            Plan(new SegmentContent(new ContentPart(0, file, 0, 50_000)))));
        Assert.Contains("has been unloaded", e.Message, StringComparison.Ordinal);
        Assert.Null(calls.Loaded);
    }

    [Fact]
    public void A_refusal_of_the_kernel_is_told_in_its_own_terms()
    {
        RecordingCalls calls = new() { Failure = Errno.EBUSY };
        SystemCallException e = Assert.Throws<SystemCallException>(() => new KexecLoadCarrier(calls).Load(
            Plan(new SegmentContent(new ContentPart(0, Write("kernel", 5000), 0, 5000)))));
        Assert.Equal("kexec_load = -1 EBUSY (Device or resource busy)", e.Message);
    }

    [Fact]
    public void File_load_takes_one_initrd_as_it_is_and_joins_several()
    {
        FileSource kernel = Write("kernel", 5000);
        FileSource first = Write("first", 5001);
        FileSource second = Write("second", 300);
        RecordingCalls calls = new();
        KexecFileLoadCarrier carrier = new(calls);
        carrier.Load(kernel, null, "x=1");
        Assert.Equal((File.ReadAllBytes(kernel.Name), null, "x=1"), calls.LoadedFiles);
        carrier.Load(kernel, new SegmentContent(new ContentPart(0, first, 0, 5001)), "");
        Assert.Equal(File.ReadAllBytes(first.Name), calls.LoadedFiles!.Value.Initrd);
        carrier.Load(
            kernel,
            new SegmentContent(new ContentPart(0, first, 0, 5001), new ContentPart(0x2000, second, 0, 300)),
            "");
        byte[] joined = [.. File.ReadAllBytes(first.Name), .. new byte[0x2000 - 5001], .. File.ReadAllBytes(second.Name)];
        Assert.Equal(joined, calls.LoadedFiles!.Value.Initrd);
    }

    private static void AssertArrives(SegmentContent content)
    {
        RecordingCalls calls = new();
        new KexecLoadCarrier(calls).Load(Plan(content));
        byte[] expected = new byte[content.Length];
        content.Read(0, expected);
        Assert.Equal(expected, Assert.Single(calls.Loaded!).Value);
    }

    private static Handoff Plan(SegmentContent content)
    {
        PhysicalRange place = new(new PhysicalAddress(0x10_0000), ((ulong)content.Length + 4095) / 4096 * 4096);
        return new Handoff
        {
            Architecture = Architecture.X64,
            Protocol = "test",
            Segments = [new Segment("kernel", place, content)],
            Entry = place.Start + 8,
            KernelEntry = place.Start,
            CommandLine = "",
            NextMemory = MemoryMap.Empty,
            Reservations = [],
            Findings = [],
        };
    }

    private FileSource Write(string name, int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        FileSource file = FileSource.Open(path);
        _open.Add(file);
        return file;
    }
}
