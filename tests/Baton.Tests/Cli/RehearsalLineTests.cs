using Baton.Bytes;
using Baton.Cli;
using Baton.Compression;
using Baton.Formats;
using Baton.Formats.Pe;
using Baton.Handoffs;
using Baton.Memory;
using Baton.Protocols.Linux;
using Baton.Tests.Formats;

namespace Baton.Tests.Cli;

/// <summary>What is rehearsed is what would be handed over, made to speak.</summary>
public sealed class RehearsalLineTests
{
    private const string Added = "console=ttyS0 ignore_loglevel earlyprintk=ttyS0";

    [Theory]
    [InlineData("quiet", "quiet " + Added)]
    [InlineData("quiet -- run x", "quiet " + Added + " -- run x")]
    [InlineData("quiet earlyprintk console=ttyS0 loglevel=3", "quiet earlyprintk console=ttyS0 loglevel=3 ignore_loglevel")]
    public void What_makes_a_kernel_speak_is_its_own_and_not_inits(string line, string expected) =>
        Assert.Equal(expected, Compose(new CommandLineRequest { Whole = line }, Kernel(TestImages.BzImage())));

    [Fact]
    public void A_unified_kernel_image_is_rehearsed_with_its_own_line()
    {
        KernelImage uki = Kernel(TestImages.Uki(TestImages.BzImage(), PeMachine.X64));
        Assert.Equal("console=ttyAMA0 quiet " + Added, Compose(new CommandLineRequest(), uki));
        Assert.Equal("console=ttyAMA0 quiet more " + Added, Compose(new CommandLineRequest { Append = ["more"] }, uki));
        Assert.Equal("quiet " + Added, Compose(new CommandLineRequest { Whole = "quiet" }, uki));
        Assert.Equal("ro quiet " + Added, Compose(new CommandLineRequest { Reuse = true }, uki));
    }

    [Fact]
    public void Only_a_kernel_without_an_initrd_gets_a_witness()
    {
        Assert.True(RehearsalFiles.NeedsWitness(Request(), Kernel(TestImages.BzImage())));
        Assert.False(RehearsalFiles.NeedsWitness(Request() with { Initrds = ["i"] }, Kernel(TestImages.BzImage())));
        Assert.False(RehearsalFiles.NeedsWitness(Request(), Kernel(TestImages.Uki(TestImages.BzImage(), PeMachine.X64))));
    }

    [Fact]
    public void A_line_of_two_lines_is_refused()
    {
        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => Compose(new CommandLineRequest { Append = ["a\nb"] }, Kernel(TestImages.BzImage())));
        Assert.Contains("control character 0x0a", e.Message, StringComparison.Ordinal);
    }

    private static string Compose(CommandLineRequest request, KernelImage image)
    {
        List<Finding> told = [];
        string line = RehearsalLine.Compose(request, image, "BOOT_IMAGE=/vmlinuz ro quiet", told.AddRange);
        Assert.Equal("rehearsal-console", Assert.Single(told).Id);
        return line;
    }

    private static KernelImage Kernel(byte[] bytes) => KernelImages.Open(new ArraySource(bytes, "kernel"), new Codecs());

    private static HandoffRequest Request() => new()
    {
        Kernel = "kernel",
        Initrds = [],
        CommandLine = new CommandLineRequest(),
        Carrier = null,
        Places = new Dictionary<string, PhysicalAddress>(),
    };
}
