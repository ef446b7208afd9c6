using Baton.Cli;
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
        HandoffRequest request = new()
        {
            Kernel = _machine.Write("vmlinuz", TestImages.BzImage()),
            Initrds = ["http://127.0.0.1:1/initrd"],
            CommandLine = new CommandLineRequest(),
            Carrier = null,
            Places = new Dictionary<string, PhysicalAddress>(),
            DeviceTree = deviceTree,
            Streams = new StreamWishes(
                Decompress: false,
                [.. Enumerable.Repeat(new string('0', 64), digests)],
                CaFile: null,
                Invocation.Environment(TextWriter.Null, TextWriter.Null)),
        };
        CommandException e = Assert.Throws<CommandException>(() => HandoffInputs.Open(request));
        Assert.Equal(ExitCode.Usage, e.ExitCode);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }
}
