namespace Baton.EndToEnd;

/// <summary>A machine with memory above 4 GiB.</summary>
public sealed class BigMachineTests
{
    [Fact]
    public void An_initrd_can_lie_above_4_GiB()
    {
        ScenarioResult result = new Handover
        {
            MemoryMiB = 6144,
            Initrds = 2,
            Options = "--place initrd=0x1_4000_0000",
        }.Run();
        Assert.Contains("RAMDISK: [mem 0x140000000-", result.Witness("b").KernelLog, StringComparison.Ordinal);
    }
}
