using Baton.Bytes;
using Baton.Cli;
using Baton.Formats.Pe;
using Baton.Memory;
using Baton.Protocols.Linux;
using Baton.Tests.Formats;

namespace Baton.Tests.Cli;

/// <summary>What is wrong with the options is told before anything is read from where nobody answers.</summary>
public sealed class HandoffInputsTests : IDisposable
{
    private readonly RecordedMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData(2, null, "--sha256 is given 2 times for 1 initrds; give one for each")]
    [InlineData(1, "some.dtb", "--dtb is for Linux on arm64, and ")]
    public void What_does_not_fit_is_refused_before_a_stream_is_read(int digests, string? deviceTree, string words)
    {
        HandoffRequest request = Request(
            TestImages.BzImage(), Enumerable.Repeat(new string('0', 64), digests), "http://127.0.0.1:1/initrd") with
        {
            DeviceTree = deviceTree,
        };
        CommandException e = Assert.Throws<CommandException>(() => HandoffInputs.Open(request));
        Assert.Equal(ExitCode.Usage, e.ExitCode);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    /// <summary>The image's own initrds come first in the segment, and have no digest.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_digest_is_of_the_initrd_that_it_was_given_for(bool isUki)
    {
        byte[] kernel = isUki ? TestImages.Uki(TestImages.BzImage(), PeMachine.X64) : TestImages.BzImage();
        byte[] one = TestImages.Cpio();
        byte[] other = TestImages.Gzip(TestImages.Cpio());
        string[] files = [_machine.Write("one", one), _machine.Write("other", other)];
        string[] digests = [Sha256.HexOf(one), Sha256.HexOf(other)];
        Check(Request(kernel, digests, files), mustFail: false);
        Check(Request(kernel, [digests[0], digests[0]], files), mustFail: true);
        Check(Request(kernel, [digests[1], digests[1]], files), mustFail: true);
        Check(Request(kernel, [digests[1], digests[0]], files), mustFail: true);
    }

    [Fact]
    public void An_empty_initrd_has_the_digest_of_nothing()
    {
        string file = _machine.Write("empty", []);
        Check(Request(TestImages.BzImage(), [new string('0', 64)], file), mustFail: true);
        Check(Request(TestImages.BzImage(), [Sha256.HexOf([])], file), mustFail: false);
    }

    [Fact]
    public void The_digest_behind_those_of_the_initrds_is_the_disks()
    {
        byte[] disk = new byte[8192];
        disk[5000] = 1;
        string initrd = _machine.Write("one", TestImages.Cpio());
        HandoffRequest request = Request(
            TestImages.BzImage(), [Sha256.HexOf(TestImages.Cpio()), Sha256.HexOf(disk)], initrd) with
        {
            Ramdisk = _machine.Write("disk", disk),
        };
        Check(request, mustFail: false);
        disk[5000] = 2;
        Check(request with { Ramdisk = _machine.Write("disk", disk) }, mustFail: true);
    }

    [Fact]
    public void What_cannot_be_read_twice_or_is_no_disk_is_refused()
    {
        HandoffRequest twice = Request(TestImages.BzImage(), [], "-", "-");
        Assert.Equal(ExitCode.Usage, Assert.Throws<CommandException>(() => HandoffInputs.Open(twice)).ExitCode);
        HandoffRequest both = Request(TestImages.BzImage(), [], "-") with { Ramdisk = "-" };
        Assert.Equal(ExitCode.Usage, Assert.Throws<CommandException>(() => HandoffInputs.Open(both)).ExitCode);
        HandoffRequest none = Request(TestImages.BzImage(), []) with { Ramdisk = _machine.Write("empty", []) };
        CommandException e = Assert.Throws<CommandException>(() => HandoffInputs.Open(none));
        Assert.Contains("is empty", e.Message, StringComparison.Ordinal);
    }

    private static void Check(HandoffRequest request, bool mustFail)
    {
        using HandoffInputs inputs = HandoffInputs.Open(request);
        if (mustFail)
        {
            CommandException e = Assert.Throws<CommandException>(() => inputs.CheckDigests(piece => piece.Found()));
            Assert.Equal(ExitCode.DataError, e.ExitCode);
        }
        else
        {
            inputs.CheckDigests(piece => piece.Found());
        }
    }

    private HandoffRequest Request(byte[] kernel, IEnumerable<string> digests, params string[] initrds) => new()
    {
        Kernel = _machine.Write("vmlinuz", kernel),
        Initrds = initrds,
        CommandLine = new CommandLineRequest(),
        Carrier = null,
        Places = new Dictionary<string, PhysicalAddress>(),
        Streams = new StreamWishes(
            Decompress: false, [.. digests], CaFile: null, Invocation.Environment(TextWriter.Null, TextWriter.Null)),
    };
}
