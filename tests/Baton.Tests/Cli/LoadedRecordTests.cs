using System.Globalization;
using Baton.Cli;
using Baton.Linux;
using Baton.Linux.Kexec;
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

    /// <summary>
    /// The kernel does not tell what is loaded, and a list whose process is gone must not be jumped to: the mark is there before
    /// the list, and goes with it and with nothing else.
    /// </summary>
    [Fact]
    public void A_list_has_a_mark_as_long_as_it_is_loaded()
    {
        string? seen = null;
        RecordedCalls lists = new(
            new RecordingCalls { WhileLoading = () => seen = ListMark.Read(_folder.Path) }, _folder.Path) { AreLists = true };
        Assert.False(ListMark.IsOfDead(_folder.Path));
        Load(lists);
        Assert.StartsWith(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + " ", seen, StringComparison.Ordinal);
        Assert.Equal(seen, ListMark.Read(_folder.Path));
        Assert.False(ListMark.IsOfDead(_folder.Path));
        lists.Unload();
        Assert.Null(ListMark.Read(_folder.Path));
    }

    [Theory]
    [InlineData("4194305 17", true)]
    [InlineData("1 0", true)]
    [InlineData("4194305 17 another-boot", false)]
    public void A_mark_of_a_process_that_is_gone_is_known(string mark, bool isOfDead)
    {
        ListMark.PutBack(_folder.Path, mark);
        Assert.Equal(isOfDead, ListMark.IsOfDead(_folder.Path));
    }

    /// <summary>What is refused leaves what is loaded, and what is loaded in its place takes it away.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_mark_stays_as_long_as_its_list(bool areLists)
    {
        const string Mark = "4194305 17";
        ListMark.PutBack(_folder.Path, Mark);
        RecordedCalls refused = new(new RecordingCalls { Failure = Errno.EINVAL }, _folder.Path) { AreLists = areLists };
        Assert.Throws<SystemCallException>(() => Load(refused));
        Assert.Equal(Mark, ListMark.Read(_folder.Path));
        Load(new RecordedCalls(new RecordingCalls(), _folder.Path) { AreLists = areLists });
        Assert.Equal(areLists, ListMark.Read(_folder.Path) is not null);
        Assert.NotEqual(Mark, ListMark.Read(_folder.Path));
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
