using Baton.Linux.Power;

namespace Baton.Tests.Linux;

/// <summary>Who may not jump is told before anything is ended.</summary>
public sealed class JumpRightsTests
{
    private const string Pid = "pid:[4026531836]";
    private const string User = "user:[4026531837]";

    [Theory]
    [InlineData("000001ffffffffff", Pid, User, null)]
    [InlineData("0000000000400000", Pid, User, null)]
    [InlineData("0000000000400000", null, null, null)]
    [InlineData("0000000000000000", Pid, User, "CAP_SYS_BOOT")]
    [InlineData("000001ffffbfffff", Pid, User, "CAP_SYS_BOOT")]
    [InlineData("000001ffffffffff", "pid:[4026532001]", User, "container")]
    [InlineData("000001ffffffffff", Pid, "user:[4026532001]", "container")]
    public void What_stands_in_the_way_is_told(string effective, string? pid, string? user, string? words)
    {
        string status = $"Name:\tbaton\nCapPrm:\t000001ffffffffff\nCapEff:\t{effective}\nCapBnd:\t000001ffffffffff\n";
        string? obstacle = JumpRights.ObstacleOf(status, pid, user);
        if (words is null)
        {
            Assert.Null(obstacle);
        }
        else
        {
            Assert.Contains(words, obstacle, StringComparison.Ordinal);
        }
    }

    /// <summary>A kernel without such a line is not taken for one that forbids it.</summary>
    [Fact]
    public void What_is_not_told_stands_in_no_way() => Assert.Null(JumpRights.ObstacleOf("Name:\tbaton\n", Pid, User));
}
