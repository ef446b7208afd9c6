using Baton.Memory;
using Baton.Proofs.EntryStates;

namespace Baton.Tests.Proofs;

public sealed class RegisterPromiseTests
{
    public static TheoryData<string, IReadOnlyList<RegisterPromise>> Models => new()
    {
        { "x64, 4 levels", LinuxKexecX64.Registers(false, new PhysicalAddress(0x1234_5000)) },
        { "x64, 5 levels", LinuxKexecX64.Registers(true, new PhysicalAddress(0x1234_5000)) },
        { "arm64, EL1", LinuxKexecArm64.Registers(1, new PhysicalAddress(0x1234_5000)) },
        { "arm64, EL2", LinuxKexecArm64.Registers(2, new PhysicalAddress(0x1234_5000)) },
    };

    [Fact]
    public void A_value_outside_of_the_mask_is_refused() =>
        Assert.Throws<ArgumentException>(() => new RegisterPromise("cr0", 0xF0, 0x11, "nobody"));

    [Theory]
    [InlineData(0xF0, 0x10, 0x1F, true)]
    [InlineData(0xF0, 0x10, 0x2F, false)]
    [InlineData(0xF0, 0x00, 0x10, false)]
    [InlineData(0x00, 0x00, ulong.MaxValue, true)]
    [InlineData(ulong.MaxValue, 5, 5, true)]
    [InlineData(ulong.MaxValue, 5, 7, false)]
    public void Only_the_known_bits_count(ulong mask, ulong value, ulong content, bool isKept) =>
        Assert.Equal(isKept, new RegisterPromise("r", mask, value, "nobody").IsKeptBy(content));

    [Theory]
    [InlineData(0xF0, 0x10, 0xFFFF, 0xFF1F)]
    [InlineData(0xF0, 0x10, 0x0000, 0x0010)]
    [InlineData(0x00, 0x00, 0xABCD, 0xABCD)]
    public void Garbage_fills_the_unknown_bits_alone(ulong mask, ulong value, ulong garbage, ulong filled) =>
        Assert.Equal(filled, new RegisterPromise("r", mask, value, "nobody").Fill(garbage));

    [Theory]
    [MemberData(nameof(Models), DisableDiscoveryEnumeration = true)]
    public void A_model_names_each_register_once_with_its_source(string name, IReadOnlyList<RegisterPromise> model)
    {
        Assert.True(model.Count > 40, name);
        Assert.Equal(model.Count, model.Select(promise => promise.Name).Distinct().Count());
        Assert.All(model, promise => Assert.NotEmpty(promise.Source));
        Assert.Equal(0x1234_5000UL, model.Single(promise => promise.Name is "rip" or "pc").Value);
    }

    [Fact]
    public void Linux_is_not_started_at_EL3() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LinuxKexecArm64.Registers(3, new PhysicalAddress(0)));
}
