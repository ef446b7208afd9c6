using Baton.Protocols.Linux;

namespace Baton.Tests.Protocols;

/// <summary>Which command lines make the kernel unpack into a tmpfs, and which into a ramfs.</summary>
public sealed class InitialRootfsTests
{
    [Theory]
    [InlineData("console=ttyS0 quiet", true)]
    [InlineData("root=/dev/sda1 ro", false)]
    [InlineData("root=/dev/sda1 rootfstype=tmpfs", true)]
    [InlineData("rootfstype=ext4", false)]
    [InlineData("rootfstype=ext4,tmpfs", true)]
    [InlineData("rootfstype=tmpfs rootfstype=ramfs", false)]
    [InlineData("root=/dev/sda1 root=", true)]
    [InlineData("\"root=LABEL=a b\"", false)]
    [InlineData("rootfstype=\"tmpfs\" root=/dev/sda1", true)]
    [InlineData("root", true)]
    [InlineData("nfsroot=/dev/sda1 rootwait", true)]
    [InlineData("quiet -- root=/dev/sda1", true)]
    [InlineData("", true)]
    public void Root_and_rootfstype_decide(string commandLine, bool isTmpfs) =>
        Assert.Equal(isTmpfs, InitialRootfs.IsTmpfs(commandLine));
}
