using System.Globalization;
using Baton.Lab;
using Baton.Machines;

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
        Assert.Contains("Proof: 45 of 45 clauses hold", console, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_in_memory_are_handed_over_from_where_they_lie()
    {
        ScenarioResult result = new Handover
        {
            Initrds = 2,
            Before = string.Join('\n', CompactWhileHolding),
            Between = """
                /baton unload
                cp /next/initrd.0 /tmp/initrd.0
                mkdir /ram
                mount -t ramfs ramfs /ram
                cp /next/initrd.1 /ram/
                sha256sum /next/initrd.0 | cut -d ' ' -f 1 >/tmp/sum
                """,
            Jump = $$"""
                baton() { /baton run /next/vmlinuz --command-line '{{Handover.NextCommandLine}}' --carrier gather --now "$@"; }
                sleep 1000 >>/tmp/initrd.0 &
                baton --initrd /tmp/initrd.0
                baton --initrd /next/initrd.0 --sha256 $(tr 0-9 1-90 </tmp/sum)
                echo "guest: loaded $(cat /sys/kernel/kexec_loaded)"
                baton --initrd /next/initrd.0 --initrd /ram/initrd.1 --sha256 $(cat /tmp/sum) \
                  --sha256 $(sha256sum /ram/initrd.1 | cut -d ' ' -f 1)
                """,
        }.Run();
        string console = string.Join('\n', result.Console.Select(line => line.Text));
        Assert.Contains("another process has the file open for writing", console, StringComparison.Ordinal);
        Assert.Contains("and --sha256 says", console, StringComparison.Ordinal);
        Assert.Contains("guest: loaded 0", console, StringComparison.Ordinal);
        Assert.Matches(@" MiB left where they lie in memory, \d\d KiB read into pages pinned by io_uring", console);
    }

    [Fact]
    public void Uefi_and_several_processors_change_nothing()
    {
        ScenarioResult result = new Handover
        {
            Firmware = Firmware.Uefi,
            Processors = 2,
            Before = string.Join('\n', CompactWhileHolding),
            Between = "/baton unload",
            Jump = $"/baton run {Files(1)} --carrier gather --now",
        }.Run();
        Assert.Equal(FirmwareKind.Uefi, result.Witness("b").Machine.Firmware);
    }

    [Fact]
    public void Pages_of_the_pool_of_huge_pages_are_used()
    {
        ScenarioResult result = new Handover
        {
            Between = "/baton unload\necho 60 >/proc/sys/vm/nr_hugepages",
            Jump = $"/baton run {Files(1)} --carrier gather --pin huge-pages --now",
        }.Run();
        Assert.Contains(result.Console, line => line.Text.Contains("pinned by huge pages", StringComparison.Ordinal));
    }

    /// <summary>What others have is swapped out while pages are held; none of these are.</summary>
    [Theory]
    [InlineData("--pin io-uring")]
    [InlineData("--pin mlock")]
    [InlineData("")]
    public void Swap_in_compressed_memory_takes_no_held_page(string pin)
    {
        ScenarioResult result = new Handover
        {
            MemoryMiB = 512,
            GuestModules = ["mm/zsmalloc.ko", "crypto/lzo-rle.ko", "drivers/block/zram/zram.ko"],
            Between = """
                /baton unload
                mkdir -p /held
                mount -t tmpfs -o size=90% tmpfs /held
                echo 400M >/sys/block/zram0/disksize
                mkswap /dev/zram0
                swapon /dev/zram0
                echo 200 >/proc/sys/vm/swappiness
                free=$(($(sed -n 's/^MemFree: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024))
                dd if=/dev/zero of=/held/filler bs=1M count=$((free - 80)) 2>/dev/null
                dd if=/dev/zero of=/held/more bs=1M count=150 2>/dev/null
                rm /held/more
                """,
            Jump = $"""
                echo "guest: swap: $(grep -E '^Swap(Total|Free)' /proc/meminfo | tr -s ' ' | tr '\n' ' ')"
                ( while :; do echo 1 >/proc/sys/vm/compact_memory; cat /held/filler >/dev/null; done ) &
                /baton run {Files(1)} --carrier gather {pin} --now
                """,
        }.Run();
        string swap = Assert.Single(
            result.Console.Select(line => line.Text), text => text.StartsWith("guest: swap: ", StringComparison.Ordinal));
        int[] figures = [.. swap.Split(' ').Where(word => word.All(char.IsAsciiDigit)).Where(word => word.Length > 0)
            .Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
        Assert.True(figures[0] - figures[1] > 10 << 10, swap);
    }

    /// <summary>
    /// What the kernel keeps for itself does not count as available: where nothing else is left, that is no reason to give up.
    /// </summary>
    [Theory]
    [InlineData("--carrier gather")]
    [InlineData("--initrd -")]
    public void What_the_kernel_keeps_for_itself_is_enough(string option)
    {
        ScenarioResult result = new Handover
        {
            Between = """
                /baton unload
                available() { sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo; }
                mkdir /held
                mount -t tmpfs -o size=90% tmpfs /held
                echo 204800 >/proc/sys/vm/min_free_kbytes
                dd if=/dev/zero of=/held/filler bs=1M count=$(($(available) / 1024 - 16)) 2>/dev/null
                until [ $(available) -lt 1024 ]; do head -c 1048576 /dev/zero >>/held/filler; done
                available >/tmp/available
                send available /tmp/available
                """,
            Jump = $"head -c 4096 /dev/zero | /baton run {Files(1)} {option} --now",
        }.Run();
        Assert.InRange(int.Parse(result.Frames.Text("available"), CultureInfo.InvariantCulture), 0, 4096);
        Assert.Contains(result.Console, line => line.Text.StartsWith("gathered ", StringComparison.Ordinal));
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

    /// <summary>systemd stops its units as ever, but the process that holds the image is none of theirs, and jumps.</summary>
    [Fact]
    public void Where_systemd_is_PID_1_it_stops_its_units_and_the_process_jumps()
    {
        ScenarioResult result = new Handover
        {
            WithSystemd = true,
            Initrds = 2,
            Before = string.Join('\n', CompactWhileHolding),
            Between = "/baton unload",
            Jump = $"/baton run {Files(2)} --carrier gather",
        }.Run();
        string console = string.Join('\n', result.Console.Select(line => line.Text));
        int stopping = console.IndexOf("systemd is PID 1 and stops its units in order", StringComparison.Ordinal);
        int goodbye = console.IndexOf("guest: the daemon says goodbye", StringComparison.Ordinal);
        int ended = console.IndexOf("baton: SIGTERM to ", StringComparison.Ordinal);
        Assert.True(stopping >= 0 && stopping < goodbye && goodbye < ended, $"{stopping}, {goodbye}, {ended}");
        Assert.DoesNotContain("systemd-shutdown", console, StringComparison.Ordinal);
    }

    /// <summary>Nobody can reach a machine whose units are stopped.</summary>
    [Fact]
    public void Where_systemd_is_PID_1_and_nobody_jumps_the_machine_restarts()
    {
        ScenarioResult result = new Handover
        {
            WithSystemd = true,
            Initrds = 0,
            Between = """
                /baton unload
                directory=/run/systemd/system/baton-handover.timer.d
                mkdir -p $directory
                printf '[Timer]\nOnActiveSec=\nOnActiveSec=2s\nAccuracySec=1s\n' >$directory/soon.conf
                """,
            Jump = $"""
                /baton run {Files(0)} --carrier gather &
                holder=$!
                trap 'kill -KILL $holder; exit' TERM
                wait
                """,
        }.Run();
        string console = string.Join('\n', result.Console.Select(line => line.Text));
        Assert.Contains("guest: the daemon says goodbye", console, StringComparison.Ordinal);
        Assert.Contains("systemd-shutdown[1]: Rebooting", console, StringComparison.Ordinal);
    }

    private static string Files(int initrds) =>
        $"/next/vmlinuz {new Handover { Initrds = initrds }.InitrdOptions} --command-line '{Handover.NextCommandLine}'";
}
