using Baton.Cli;
using Baton.Cli.Commands;
using Baton.Machines;
using Baton.Memory;
using Baton.Protocols.Linux;

namespace Baton.Tests.Cli;

/// <summary>What <c>baton load</c> refuses, and when.</summary>
public sealed class LoadCommandTests
{
    [Theory]
    [InlineData(null, "this kernel has no kexec_load")]
    [InlineData(Carrier.KexecFileLoad, "this kernel has no kexec_file_load")]
    [InlineData(Carrier.Gather, "this kernel has no kexec_load")]
    public void A_kernel_that_loads_nothing_is_asked_before_a_stream_is_read(Carrier? carrier, string words)
    {
        KexecAbility ability = new(
            new KexecCall(false, ["this kernel has no kexec_load"]),
            new KexecCall(false, ["this kernel has no kexec_file_load"]),
            Loaded: null,
            CrashLoaded: null);
        CommandException e = Assert.Throws<CommandException>(
            () => LoadCommand.RefuseStreams(Request("-") with { Carrier = carrier }, ability));
        Assert.Equal(ExitCode.Unavailable, e.ExitCode);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        LoadCommand.RefuseStreams(Request("/boot/initrd"), ability);
    }

    private static HandoffRequest Request(string initrd) => new()
    {
        Kernel = "vmlinuz",
        Initrds = [initrd],
        CommandLine = new CommandLineRequest(),
        Carrier = null,
        Places = new Dictionary<string, PhysicalAddress>(),
        Streams = new StreamWishes(false, [], null, Invocation.Environment(TextWriter.Null, TextWriter.Null)),
    };
}
