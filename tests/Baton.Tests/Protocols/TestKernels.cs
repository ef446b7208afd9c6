using Baton.Formats.BzImage;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Protocols.LinuxX86;

namespace Baton.Tests.Protocols;

/// <summary>A kernel as the planner sees it: 1 MiB of code, 32 MiB of init_size, all that a modern one can do.</summary>
internal static class TestKernels
{
    public const ulong CodeLength = 0x10_0000;

    public static LinuxX86Kernel Modern { get; } = new()
    {
        Name = "test.bzImage",
        Content = SegmentContent.OfBytes(new byte[CodeLength], "test.bzImage"),
        LoadedLength = CodeLength,
        Footprint = 0x200_0000,
        Preferred = new PhysicalAddress(0x100_0000),
        Alignment = 0x20_0000,
        Relocatable = true,
        EntryOffset = 0x200,
        SetupHeader = Header(),
        Above4GiB = true,
        TakesEfi = true,
        Takes5Level = true,
        InitrdLimit = new PhysicalAddress(ulong.MaxValue),
        CommandLineLimit = 2047,
    };

    public static LinuxX86Request Request(Machine machine, LinuxX86Kernel? kernel = null, long initrd = 0) => new()
    {
        Kernel = kernel ?? Modern,
        Initrd = initrd == 0 ? null : SegmentContent.OfBytes(new byte[initrd], "initrd"),
        CommandLine = "console=ttyS0",
        Machine = machine,
        RngSeed = Enumerable.Range(1, 32).Select(i => (byte)i).ToArray(),
    };

    public static Segment Named(this Handoff handoff, string name) =>
        Assert.Single(handoff.Segments, segment => segment.Name == name);

    /// <summary>The handoff with other bytes in one segment.</summary>
    public static Handoff WithBytes(this Handoff handoff, string name, byte[] bytes) => handoff with
    {
        Segments =
        [
            .. handoff.Segments.Select(segment =>
                segment.Name == name ? segment with { Content = SegmentContent.OfBytes(bytes, name) } : segment),
        ],
    };

    public static byte[] Bytes(this Segment segment)
    {
        byte[] bytes = new byte[segment.Content.Length];
        segment.Content.Read(0, bytes);
        return bytes;
    }

    private static byte[] Header()
    {
        byte[] page = new byte[BootParamsFields.Size];
        SetupFields.SetupSects.Write(page, 27);
        SetupFields.BootFlag.Write(page, SetupFields.BootFlagValue);
        SetupFields.Header.Write(page, SetupFields.HeaderMagic);
        SetupFields.Version.Write(page, 0x20f);
        SetupFields.Loadflags.Write(page, (byte)(LoadFlags.LoadedHigh | LoadFlags.CanUseHeap));
        SetupFields.CmdlineSize.Write(page, 2047);
        return page[SetupFields.Start..SetupFields.KernelInfoOffset.End];
    }
}
