using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Baton.Gathers;
using Baton.Linux.Gathers;
using Baton.Tests.Formats;
using Microsoft.Win32.SafeHandles;

namespace Baton.Tests.Linux;

/// <summary>Pinned memory that somebody else gives back while it is in use.</summary>
public sealed class HeldMemoryTests
{
    private const int Length = (1 << 20) + 4096;

    /// <summary>The watch gives back, and would have to wait for threads that it does not let run.</summary>
    [Fact]
    public void Giving_back_takes_no_memory_from_the_collector()
    {
        long taken = -1;
        for (int i = 0; i < 2; i++)
        {
            HeldMemory held = new();
            using PinnedMemory memory = new(held, PinMethod.IoUring, _ => 1UL << 40);
            memory.Append(new byte[Length]);
            long before = GC.GetAllocatedBytesForCurrentThread();
            held.GiveBack();
            taken = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        // The first time is the loader's.
        Assert.Equal(0, taken);
    }

    /// <summary>Nor does it where somebody else is at it: an event to wait for would be made of such memory.</summary>
    [Fact]
    public void Waiting_to_give_back_takes_no_memory_from_the_collector()
    {
        long taken = -1;
        for (int i = 0; i < 2; i++)
        {
            HeldMemory held = new();
            using SlowRegion region = new();
            held.Take(region);
            Thread other = new(() => held.Release(region));
            other.Start();
            region.IsAtIt.Wait(TestContext.Current.CancellationToken);
            long before = GC.GetAllocatedBytesForCurrentThread();
            held.GiveBack();
            taken = GC.GetAllocatedBytesForCurrentThread() - before;
            other.Join();
        }

        Assert.Equal(0, taken);
    }

    /// <summary>
    /// Who gives back puts the kernel's settings back and ends the process: what another thread changed after that would stay.
    /// </summary>
    [Fact]
    public void No_setting_is_changed_once_all_has_been_given_back()
    {
        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        string compaction = folder.File("compact_unevictable_allowed");
        string reserve = folder.File("min_free_kbytes");
        string boost = folder.File("watermark_boost_factor");
        File.WriteAllText(compaction, "1");
        File.WriteAllText(reserve, "1000000000");
        File.WriteAllText(boost, "15000");
        HeldMemory held = new(new PinSettings(compaction, folder.File("none"), folder.File("none")));
        held.GiveBack();
        using SettingSeen region = new(compaction);
        Assert.Throws<InsufficientMemoryException>(() => held.Take(region));
        Assert.Null(region.WhenFilled);
        Assert.Throws<InsufficientMemoryException>(() => KernelReserve.Lower(held, reserve, boost));
        Assert.Equal("1000000000", File.ReadAllText(reserve));
        Assert.Equal("15000", File.ReadAllText(boost));

        HeldMemory other = new();
        using (KernelReserve.Lower(other, reserve, boost))
        {
            Assert.NotEqual("1000000000", File.ReadAllText(reserve));
            Assert.Equal("0", File.ReadAllText(boost));
        }

        Assert.Equal("1000000000", File.ReadAllText(reserve));
        Assert.Equal("15000", File.ReadAllText(boost));
    }

    [Fact]
    public void What_was_appended_is_there_and_can_be_given_back()
    {
        HeldMemory held = new();
        using PinnedMemory memory = new(held, PinMethod.IoUring, _ => 1UL << 40);
        byte[] bytes = new byte[Length];
        new Random(1).NextBytes(bytes);
        memory.Append(bytes);
        Span<byte> pages = memory.At(0);
        Assert.True(pages[..Length].SequenceEqual(bytes));
        Assert.True(ResidentPages(pages) >= Length / 4096);

        held.GiveBack();
        Assert.Equal(0, ResidentPages(pages));
        Assert.Equal(-1, pages.IndexOfAnyExcept((byte)0));
        Assert.Throws<InsufficientMemoryException>(() => _ = memory.At(0).Length);
        Assert.Throws<InsufficientMemoryException>(() => memory.Grow(64 << 20));
    }

    [Theory]
    [InlineData(PinMethod.IoUring)]
    [InlineData(PinMethod.Lock)]
    public void What_was_taken_for_more_is_given_back_at_the_end(PinMethod method)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may pin so many pages, and learns where they lie");
        string compaction = Path.GetTempFileName();
        File.WriteAllText(compaction, "1");
        using PinnedMemory memory = new(new HeldMemory(new PinSettings(compaction)), method, _ => 1UL << 40);
        byte[] bytes = new byte[Length + 1];
        new Random(1).NextBytes(bytes);
        memory.Append(bytes);
        Assert.Equal(PinnedMemory.Step - bytes.Length, memory.Room);

        memory.Finish();
        long pages = (Length / 4096) + 1;
        Assert.Equal((pages * 4096) - bytes.Length, memory.Room);
        Assert.True(memory.At(0)[..bytes.Length].SequenceEqual(bytes));
        PageMoves moves = new();
        memory.AddMoves(0, 0x100, (ulong)pages, moves);
        Assert.Equal((ulong)pages, moves.Pages);

        // The next bytes are in a region of their own.
        memory.Append(new byte[memory.Room + 1]);
        Assert.Equal(PinnedMemory.Step - 1, memory.Room);
        File.Delete(compaction);
    }

    [Fact]
    public void More_is_taken_only_where_the_machine_has_it_to_spare()
    {
        ulong available = 64 << 20;
        using PinnedMemory memory = new(new HeldMemory(), PinMethod.IoUring, _ => available);
        memory.Append(new byte[Length]);
        available = PinnedMemory.Step;
        InsufficientMemoryException e =
            Assert.Throws<InsufficientMemoryException>(() => memory.Append(new byte[PinnedMemory.Step]));
        Assert.Contains("6 MiB more are needed now and 6 MiB are available", e.Message, StringComparison.Ordinal);
    }

    /// <summary>How many pages are behind some bytes, which begin and end with a page (Documentation/mm/pagemap.rst).</summary>
    /// <remarks>Not of the mapping that they are in: the kernel joins neighbours, and a neighbour may be anybody's.</remarks>
    private static int ResidentPages(Span<byte> bytes)
    {
        nuint address = (nuint)Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetReference(bytes));
        ulong[] entries = new ulong[bytes.Length / 4096];
        using SafeFileHandle file = File.OpenHandle("/proc/self/pagemap");
        RandomAccess.Read(file, MemoryMarshal.AsBytes(entries.AsSpan()), (long)(address / 4096 * sizeof(ulong)));
        return entries.Count(entry => entry >> 63 != 0);
    }

    /// <summary>A region that looks at a setting when it is filled.</summary>
    private sealed class SettingSeen(string file) : IHeldRegion
    {
        public string? WhenFilled { get; private set; }

        public PinMethod Method => PinMethod.Lock;

        public void Fill(HeldMemory held) => WhenFilled = File.ReadAllText(file);

        public void Pin()
        {
        }

        public void Empty()
        {
        }

        public void Dispose()
        {
        }
    }

    /// <summary>A region that takes its time to end, with the lock held.</summary>
    private sealed class SlowRegion : IHeldRegion
    {
        public ManualResetEventSlim IsAtIt { get; } = new();

        public PinMethod Method => PinMethod.IoUring;

        public void Fill(HeldMemory held)
        {
        }

        public void Pin()
        {
        }

        public void Empty()
        {
        }

        public void Dispose()
        {
            IsAtIt.Set();
            Thread.Sleep(100);
        }
    }
}
