using Baton.Cli;
using Baton.Linux;
using Baton.Memory;
using Baton.Tests.Formats;
using Baton.Tests.Linux;

namespace Baton.Tests.Cli;

/// <summary>The note of what was loaded: never of something that is not, and no more than is known.</summary>
public sealed class LoadedRecordTests : IDisposable
{
    private readonly ForeignTool.TemporaryFolder _folder = ForeignTool.Folder();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_record_is_gone_before_something_else_is_loaded()
    {
        LoadedRecord.Write(Some(), _folder.Path);
        LoadedRecord? seen = Some();
        RecordedCalls calls = new(
            new RecordingCalls { WhileLoading = () => seen = LoadedRecord.Read(_folder.Path) }, _folder.Path);
        Load(calls);
        Assert.Null(seen);
        Assert.Null(LoadedRecord.Read(_folder.Path));
    }

    [Fact]
    public void A_record_of_what_is_still_loaded_stays()
    {
        LoadedRecord.Write(Some(), _folder.Path);
        RecordedCalls calls = new(new RecordingCalls { Failure = Errno.EINVAL }, _folder.Path);
        Assert.Throws<SystemCallException>(() => Load(calls));
        Assert.Equal("/boot/vmlinuz", LoadedRecord.Read(_folder.Path)?.Kernel);
        Assert.Equal("/root/boot/nextboot.conf", LoadedRecord.Read(_folder.Path)?.NextBoot);
    }

    [Fact]
    public void Whoever_unloads_takes_the_record_too()
    {
        LoadedRecord.Write(Some(), _folder.Path);
        RecordedCalls calls = new(new RecordingCalls(), _folder.Path);
        calls.Unload();
        Assert.Null(LoadedRecord.Read(_folder.Path));
    }

    [Theory]
    [InlineData("-", "-")]
    [InlineData("/boot/initrd", "/boot/initrd")]
    [InlineData("https://h/x", "https://h/x")]
    [InlineData("http://h:8080/a%20b", "http://h:8080/a%20b")]
    [InlineData("https://me:secret@h/x", "https://h/x")]
    [InlineData("https://h/x?signature=secret#y", "https://h/x?…")]
    public void Names_are_kept_without_secrets(string given, string kept) => Assert.Equal(kept, LoadedRecord.NameOf(given));

    [Fact]
    public void A_relative_name_is_kept_as_a_whole_path() =>
        Assert.Equal(Path.GetFullPath("initrd"), LoadedRecord.NameOf("initrd"));

    [Fact]
    public void What_is_not_known_is_not_claimed()
    {
        string words = string.Join('\n', Some().Describe());
        Assert.StartsWith("baton last loaded /boot/vmlinuz (6.1.0) by kexec-load, ", words, StringComparison.Ordinal);
        Assert.Contains("does not tell whether another program has loaded since", words, StringComparison.Ordinal);
    }

    private static void Load(RecordedCalls calls) => calls.Load(new PhysicalAddress(0x1000), []);

    private static LoadedRecord Some() => new()
    {
        Kernel = "/boot/vmlinuz",
        Version = "6.1.0",
        CommandLine = "quiet",
        Carrier = "kexec-load",
        Initrds = ["-"],
        Time = DateTimeOffset.UnixEpoch,
        NextBoot = "/root/boot/nextboot.conf",
    };
}
