using Baton.Cli;
using Baton.Linux.Gathers;
using Baton.Memory;
using Baton.Tests.Linux;

namespace Baton.Tests.Cli;

/// <summary>A list that is worth nothing without its process is not left behind.</summary>
public sealed class GatherGuardTests
{
    [Theory]
    [InlineData(null, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void What_was_loaded_before_is_known_to_be_gone(bool? hadLoaded, bool isGone)
    {
        RecordingCalls calls = new();
        using GatherGuard guard = Guard(calls);
        guard.HadLoaded = hadLoaded;
        guard.Load(() => calls.Load(new PhysicalAddress(0x1000), []));
        Assert.NotNull(calls.Loaded);
        guard.Unload();
        Assert.Null(calls.Loaded);
        Assert.Equal(isGone, guard.HasReplaced);
    }

    /// <summary>The kernel keeps what it has when it refuses something else.</summary>
    [Fact]
    public void A_list_that_was_refused_is_not_unloaded()
    {
        RecordingCalls calls = new();
        calls.Load(new PhysicalAddress(0x1000), []);
        using GatherGuard guard = Guard(calls);
        guard.HadLoaded = true;
        Assert.Throws<IOException>(() => guard.Load(() => throw new IOException("refused")));
        guard.Unload();
        Assert.NotNull(calls.Loaded);
        Assert.False(guard.HasReplaced);
    }

    private static GatherGuard Guard(RecordingCalls calls) =>
        new(calls, new HeldMemory(), Invocation.Environment(TextWriter.Null, TextWriter.Null));
}
