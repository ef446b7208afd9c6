using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Baton.Gathers;
using Baton.Linux.Gathers;

namespace Baton.Tests.Linux;

/// <summary>Pinned memory that somebody else gives back while it is in use.</summary>
public sealed class HeldMemoryTests
{
    private const int Length = (1 << 20) + 4096;

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
        Assert.True(ResidentKiB(pages) >= Length >> 10);

        held.GiveBack();
        Assert.Equal(0, ResidentKiB(pages));
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

    /// <summary>How much memory is behind the mapping that begins no later than some bytes.</summary>
    private static long ResidentKiB(Span<byte> bytes)
    {
        nuint address = (nuint)Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetReference(bytes));
        bool isInside = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            string[] words = line.Split([' ', '-'], StringSplitOptions.RemoveEmptyEntries);
            if (words[0] == "Rss:" && isInside)
            {
                return long.Parse(words[1], CultureInfo.InvariantCulture);
            }

            if (words.Length > 5 && nuint.TryParse(words[0], NumberStyles.AllowHexSpecifier, null, out nuint start))
            {
                nuint end = nuint.Parse(words[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                isInside = start <= address && address < end;
            }
        }

        throw new InvalidOperationException("there is no such mapping");
    }
}
