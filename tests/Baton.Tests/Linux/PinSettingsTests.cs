using Baton.Linux.Gathers;

namespace Baton.Tests.Linux;

/// <summary>The kernel's settings while pages are held; files of our own stand for them.</summary>
public sealed class PinSettingsTests : IDisposable
{
    private readonly string _compaction = Path.GetTempFileName();
    private readonly string _moreHugePages = Path.GetTempFileName();
    private readonly string _fewerNotes = Path.GetTempFileName();

    public PinSettingsTests()
    {
        File.WriteAllText(_compaction, "1\n");
        File.WriteAllText(_moreHugePages, "7\n");
        File.WriteAllText(_fewerNotes, "0\n");
    }

    [Theory]
    [InlineData(PinMethod.IoUring, "1 7 0")]
    [InlineData(PinMethod.Lock, "0 7 0")]
    [InlineData(PinMethod.HugePages, "1 1073741824 1")]
    public void They_are_changed_once_and_put_back(PinMethod method, string meanwhile)
    {
        PinSettings settings = new(_compaction, _moreHugePages, _fewerNotes);
        settings.Change(method);
        settings.Change(method);
        Assert.Equal(meanwhile, Values());
        settings.PutBack(method);
        Assert.Equal("1 7 0", Values());

        // Somebody else may have changed them since.
        File.WriteAllText(_moreHugePages, "9");
        settings.PutBack(method);
        Assert.Equal("1 9 0", Values());
    }

    [Fact]
    public void What_one_method_needs_outlasts_the_other()
    {
        PinSettings settings = new(_compaction, _moreHugePages, _fewerNotes);
        settings.Change(PinMethod.HugePages);
        settings.Change(PinMethod.Lock);
        settings.PutBack(PinMethod.HugePages);
        Assert.Equal("0 7 0", Values());
        settings.PutBack(PinMethod.Lock);
        Assert.Equal("1 7 0", Values());
    }

    [Fact]
    public void A_kernel_without_them_is_left_alone()
    {
        PinSettings settings = new("/absent/1", "/absent/2", "/absent/3");
        settings.Change(PinMethod.Lock);
        settings.Change(PinMethod.HugePages);
        settings.PutBack(PinMethod.Lock);
        settings.PutBack(PinMethod.HugePages);
        Assert.False(File.Exists("/absent/1"));
    }

    public void Dispose()
    {
        File.Delete(_compaction);
        File.Delete(_moreHugePages);
        File.Delete(_fewerNotes);
    }

    private string Values() => string.Join(
        ' ', new[] { _compaction, _moreHugePages, _fewerNotes }.Select(file => File.ReadAllText(file).Trim()));
}
