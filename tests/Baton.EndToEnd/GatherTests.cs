using System.Globalization;

namespace Baton.EndToEnd;

/// <summary>Images that stay in pages of the process until the jump, and what the next kernel finds of them.</summary>
public sealed class GatherTests
{
    private static readonly string[] CompactWhileHolding =
    [
        "( while :; do echo 1 >/proc/sys/vm/compact_memory; done ) &",
        "dd if=/dev/zero of=/tmp/filler bs=1M count=200 2>/dev/null; rm /tmp/filler",
    ];

    /// <summary>Two initrds, one behind the other: every file's checksum is compared by <see cref="Handover"/>.</summary>
    [Theory]
    [InlineData("io-uring", "max")]
    [InlineData("mlock", "max,la57=off")]
    public void The_next_kernel_finds_what_was_promised(string pin, string processor)
    {
        ScenarioResult result = new Handover
        {
            Initrds = 2,
            ProcessorModel = processor,
            Before = string.Join('\n', CompactWhileHolding),
            Between = "/baton unload",
            Jump = $"/baton run {Files(2)} --carrier gather --pin {pin} --now",
        }.Run();
        string console = string.Join('\n', result.Console.Select(line => line.Text));
        Assert.Contains(pin == "mlock" ? "pinned by mlock" : "pinned by io_uring", console, StringComparison.Ordinal);
        Assert.Contains("Proof: 44 of 44 clauses hold", console, StringComparison.Ordinal);
    }

    /// <summary>
    /// More than half of RAM, which kexec_load refuses: gather is chosen by itself. The image is a disk in the next
    /// kernel's memory, read back there.
    /// </summary>
    [Fact]
    public void A_disk_of_more_than_half_of_memory_is_the_next_kernels_persistent_memory()
    {
        ScenarioResult result = new Handover
        {
            MemoryMiB = 768,
            HasRamdisk = true,
            Modules =
            [
                "drivers/nvdimm/libnvdimm.ko",
                "drivers/nvdimm/nd_btt.ko",
                "drivers/nvdimm/nd_pmem.ko",
                "drivers/nvdimm/nd_e820.ko",
            ],
            Between = "/baton unload",
            Jump = $$"""
                dd if=/dev/urandom of=/tmp/part bs=1M count=20 2>/dev/null
                disk() { i=0; while [ $i -lt 17 ]; do cat /tmp/part; i=$((i + 1)); done; }
                disk | sha256sum >/tmp/sum
                send sum /tmp/sum
                disk | /baton run {{Files(1)}} --ramdisk - --now
                """,
            After = """
                sha256sum /dev/pmem0 >/tmp/pmem
                send pmem /tmp/pmem
                blockdev --getsize64 /dev/pmem0 >/tmp/size
                send size /tmp/size
                """,
        }.Run();
        Assert.Contains(
            result.Witness("b").FirmwareMemmap, line => line.EndsWith("Persistent Memory (legacy)", StringComparison.Ordinal));
        Assert.Equal((340L << 20).ToString(CultureInfo.InvariantCulture), result.Frames.Text("size"));
        Assert.Equal(result.Frames.Text("sum").Split(' ')[0], result.Frames.Text("pmem").Split(' ')[0]);
    }

    /// <summary>A pipe, unpacked on its way and fed to kexec_load through userfaultfd, for a jump by another process.</summary>
    [Fact]
    public void A_stream_is_loaded_for_later()
    {
        ScenarioResult result = new Handover
        {
            Between = $"""
                /baton unload
                sum=$(sha256sum /next/initrd.0 | cut -d ' ' -f 1)
                gzip -c /next/initrd.0 >/tmp/packed
                /baton load /next/vmlinuz --initrd - --decompress --sha256 $sum --stream \
                  --command-line '{Handover.NextCommandLine}' </tmp/packed >/tmp/out 2>&1
                echo $? >/tmp/status
                send streamed /tmp/out
                send status /tmp/status
                /baton load /next/vmlinuz --initrd /next/initrd.0 --sha256 $(echo $sum | tr 0-9 1-90) >/tmp/out 2>&1
                send refused /tmp/out
                """,
        }.Run();
        Assert.True(result.Frames.Text("status") == "0", result.Frames.Text("streamed"));
        Assert.DoesNotContain("userfaultfd", result.Frames.Text("streamed"), StringComparison.Ordinal);
        Assert.Contains("and --sha256 says", result.Frames.Text("refused"), StringComparison.Ordinal);
    }

    private static string Files(int initrds) =>
        $"/next/vmlinuz {new Handover { Initrds = initrds }.InitrdOptions} --command-line '{Handover.NextCommandLine}'";
}
