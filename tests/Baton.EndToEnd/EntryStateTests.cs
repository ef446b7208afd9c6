using Baton.Lab;
using Baton.Probe;
using Baton.Proofs.EntryStates;

namespace Baton.EndToEnd;

/// <summary>
/// What kexec leaves at an image's entry is what Baton.Proofs starts from. Measured anew: addresses differ from run to
/// run, promises do not.
/// </summary>
public sealed class EntryStateTests
{
    [Theory]
    [InlineData("max,la57=off", false)]
    [InlineData("max", true)]
    public void An_x64_kernel_leaves_what_is_promised(string processor, bool isFiveLevels)
    {
        EntryState state = new EntryStateRun
        {
            Kernel = DebianKernel.Cloud,
            Processor = processor,
            Processors = 2,
            MemoryMiB = 4096,
        }.Measure();
        Assert.Equal([], EntryStateJudge.Registers(state, LinuxKexecX64.Registers(isFiveLevels, state.Entry)));
        Assert.Equal([], EntryStateJudge.PageTables(state, LinuxKexecX64.PageTables(isFiveLevels)));

        // A machine with memory on both sides of the hole below 4 GiB, so that "all memory" is worth the name.
        Assert.Contains(state.Ram, range => range.Start.Value == 0x1_0000_0000);
    }

    [Theory]
    [InlineData("cortex-a57", 1)]
    [InlineData("cortex-a57", 2)]
    [InlineData("neoverse-n1", 2)]
    public void An_arm64_kernel_leaves_what_is_promised(string processor, int exceptionLevel)
    {
        EntryState state = new EntryStateRun
        {
            Kernel = DebianKernel.CloudArm64,
            Architecture = Architecture.Arm64,
            Processor = processor,
            StartsAtEl2 = exceptionLevel == 2,
            Processors = 2,
        }.Measure();
        Assert.Equal([], EntryStateJudge.Registers(state, LinuxKexecArm64.Registers(exceptionLevel, state.Entry)));
        if (exceptionLevel == 2)
        {
            // Of the two kernels that are entered at EL2, one lived there (VHE) and one came back.
            Assert.Equal(processor == "neoverse-n1", (state["hcr_el2"] >> 34 & 1) == 1);
        }
    }
}
