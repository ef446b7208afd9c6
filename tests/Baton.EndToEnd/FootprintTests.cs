using System.Globalization;
using Baton.Linux.Files;

namespace Baton.EndToEnd;

/// <summary>How large the binary is, and how much memory of its own <c>baton load</c> takes.</summary>
public sealed class FootprintTests
{
    /// <summary>In bytes, which are memory in an initramfs. What has sent them up before: docs/decisions/0002.</summary>
    private const long LargestBinary = 28 << 20;

    private const int MaximumKiB = 40 * 1024;

    [Fact]
    public void The_static_binary_has_no_more_than_28_MiB() =>
        Assert.InRange(new FileInfo(Repository.Binary).Length, 1 << 20, LargestBinary);

    [Theory]
    [InlineData("kexec-load")]
    [InlineData("kexec-file-load")]
    public void A_large_initrd_is_not_held_in_memory(string carrier)
    {
        // The kernel's own view of the process, while it runs: its largest anonymous memory.
        ScenarioResult result = new Scenario
        {
            MemoryMiB = 2048,
            Initramfs = Guests.With($$"""
                dd if=/dev/urandom of=/initrd bs=1M count=300 2>/dev/null
                /baton load /next/vmlinuz --initrd /initrd --carrier {{carrier}} --command-line x >/tmp/out 2>&1 &
                loader=$!
                largest=0 samples=0
                while kill -0 $loader 2>/dev/null; do
                  now=$(awk '$1 == "RssAnon:" { print $2 }' /proc/$loader/status 2>/dev/null)
                  [ -z "$now" ] || { samples=$((samples + 1)); [ "$now" -le $largest ] || largest=$now; }
                done
                wait $loader
                echo $? >/tmp/status
                echo "$largest $samples" >/tmp/largest
                send status /tmp/status
                send output /tmp/out
                send largest /tmp/largest
                """)
                .AddHostFile("baton", Repository.Binary)
                .Add("next/vmlinuz", FileSource.Open(DebianKernel.Generic.Image)),
        }.Run();
        Assert.True(result.Frames.Text("status") == "0", result.Frames.Text("output"));
        int[] numbers = [.. result.Frames.Text("largest").Split(' ').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
        Assert.True(numbers[1] > 2, $"only {numbers[1]} samples");
        Assert.InRange(numbers[0], 500, MaximumKiB);
    }
}
