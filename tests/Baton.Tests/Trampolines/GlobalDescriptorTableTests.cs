using Baton.Trampolines;

namespace Baton.Tests.Trampolines;

/// <summary>The descriptors, bit by bit, as the Intel SDM draws them in volume 3, section 3.4.5.</summary>
public sealed class GlobalDescriptorTableTests
{
    [Theory]
    [InlineData(GlobalDescriptorTable.BootCode, 0x00AF_9B00_0000_FFFFUL)] // base 0, limit 4 GiB, L, code, readable
    [InlineData(GlobalDescriptorTable.BootData, 0x00CF_9300_0000_FFFFUL)] // base 0, limit 4 GiB, B, data, writable
    [InlineData(GlobalDescriptorTable.Code32, 0x00CF_9B00_0000_FFFFUL)] // base 0, limit 4 GiB, D, code, readable
    [InlineData(0, 0UL)]
    public void A_selector_leads_to_its_descriptor(ushort selector, ulong expected) =>
        Assert.Equal(expected, GlobalDescriptorTable.Entries[selector / 8].Value);

    [Fact]
    public void The_limit_is_the_last_byte_of_the_last_entry() =>
        Assert.Equal(GlobalDescriptorTable.Entries.Count * 8 - 1, GlobalDescriptorTable.Limit);
}
