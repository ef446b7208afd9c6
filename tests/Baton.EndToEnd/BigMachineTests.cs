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

    [Fact]
    public void The_kernel_itself_can_lie_above_4_GiB_on_a_machine_with_small_pages_and_two_processors()
    {
        ScenarioResult result = new Handover
        {
            MemoryMiB = 6144,
            Processors = 2,
            ProcessorModel = "max,pdpe1gb=off,la57=off",
            Options = "--place kernel=0x1_4000_0000",
        }.Run();
        Assert.False(result.Witness("a").Machine.Processor.GigabytePages);
        Assert.Contains("smp: Brought up 1 node, 2 CPUs", result.Witness("b").KernelLog, StringComparison.Ordinal);
    }
}
