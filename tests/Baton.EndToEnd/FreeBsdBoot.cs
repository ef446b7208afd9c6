using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;
using Baton.Lab;
using Baton.Probe;

namespace Baton.EndToEnd;

/// <summary>
/// The FreeBSD probe with its modules, ramdisk and variables, handed over to by a Debian Linux. The files lie in the guest as
/// in a FreeBSD root, so that the same ones can be named one by one or found by loader.conf.
/// </summary>
internal sealed record FreeBsdBoot
{
    private const string Modules = "/root/boot/modules";

    /// <summary>Options that name every file.</summary>
    public const string ByOption =
        $"/root/boot/kernel/kernel --module {Modules}/second.ko --module {Modules}/first.ko "
        + "--module /root/boot/mfsroot:md_image --env hint.uart.0.at=isa --env vfs.root.mountfrom=ufs:/dev/md0 "
        + "--env 'probe.words=two words' --env console=comconsole --boot-flags -sv";

    /// <summary>The root, and what its loader.conf does not say.</summary>
    public const string ByRoot = "--freebsd /root --boot-flags -v --env boot_single=YES";

    /// <summary>What of loader.conf and device.hints comes to the kernel; first.ko only as second.ko's dependency.</summary>
    private const string LoaderConf = """
        second_load="YES"
        mfsroot_load="YES"
        mfsroot_type="md_image"
        mfsroot_name="/boot/mfsroot"
        console="comconsole"
        vfs.root.mountfrom="ufs:/dev/md0"
        probe.words="two words"

        """;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    public required FreeBsdProbeKernel Kernel { get; init; }

    /// <summary>Options of <c>baton load</c>.</summary>
    public required string Options { get; init; }

    public string ProcessorModel { get; init; } = "max";

    public int MemoryMiB { get; init; } = 512;

    public Firmware Firmware { get; init; } = Firmware.Bios;

    /// <summary>Words for the command line of the Linux that hands over.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>Whether kernel and ramdisk are compressed.</summary>
    public bool Compressed { get; init; }

    /// <summary>
    /// Whether there are two processors, and timers that run out all the time: some do while interrupts are disabled for good and
    /// the other processor is stopped.
    /// </summary>
    public bool HasTimers { get; init; }

    /// <summary>Commands before the load.</summary>
    public string Before { get; init; } = "";

    /// <summary>The command that loads; null for <c>baton load</c> with the options.</summary>
    public string? Load { get; init; }

    /// <summary>The command that jumps.</summary>
    public string Jump { get; init; } = "baton exec --now";

    /// <summary>The root's nextboot.conf; null for none.</summary>
    public string? NextBoot { get; init; }

    /// <summary>The ramdisk: bytes that do not compress.</summary>
    public static byte[] Ramdisk { get; } = MakeRamdisk();

    /// <summary>Boots, loads, jumps, and returns what the probe wrote.</summary>
    public FreeBsdBootResult Run()
    {
        byte[] kernel = Kernel.Build();
        byte[] first = Module("first", null);
        byte[] second = Module("second", "first");
        string suffix = Compressed ? ".gz" : "";
        Initramfs initramfs = Guests.With($"""
            {Before}
            witness a
            sh /record-machine.sh /tmp/record.tar.gz
            send record /tmp/record.tar.gz
            try plan baton plan --json {Options}
            try load {Load ?? $"baton load {Options}"}
            {(HasTimers ? "/bin/timer-storm" : "")}
            {Jump}
            """)
            .AddHostFile("bin/baton", Repository.Binary)
            .AddHostFile("record-machine.sh", Path.Join(Repository.Root, "tools", "record-machine.sh"))
            .Add($"root/boot/kernel/kernel{suffix}", Compressed ? Gzip(kernel) : kernel)
            .Add("root/boot/modules/first.ko", first)
            .Add("root/boot/modules/second.ko", second)
            .Add($"root/boot/mfsroot{suffix}", Compressed ? Gzip(Ramdisk) : Ramdisk)
            .Add("root/boot/loader.conf", LoaderConf)
            .Add("root/boot/device.hints", "hint.uart.0.at=\"isa\"\n")
            .Link("bin/kload", "baton");
        if (HasTimers)
        {
            initramfs.Add("bin/timer-storm", HostProgram.Compile("timer-storm.c"));
        }

        if (NextBoot is not null)
        {
            initramfs.Add("root/boot/nextboot.conf", NextBoot);
        }

        VirtualMachine machine = new()
        {
            Kernel = DebianKernel.Cloud.Image,
            Initramfs = initramfs,
            CommandLine = $"{Guests.Line} quiet {CommandLine}",
            MemoryMiB = MemoryMiB,
            Processors = HasTimers ? 2 : 1,
            ProcessorModel = ProcessorModel,
            Firmware = Firmware,
            HasDataPort = true,
            HasDebugExit = true,
        };
        using RunningMachine running = machine.Start(Limit);
        int status = running.WaitForEnd(Limit + TimeSpan.FromSeconds(30));
        ScenarioResult result = new(running.Console.Lines, new Frames(running.ReadData()));
        KeptResults.Save(running.Console.Bytes, running.ReadData());
        TriedCommand load = result.Frames.Tried("load");
        Assert.True(load.Status == 0, $"baton load: status {load.Status}\n{load.Output}\n{load.Error}");
        Assert.True(
            status == FreeBsdProbeKernel.ExitStatus,
            $"status {status}; the console's last lines:\n  | " + string.Join("\n  | ", result.Console.TakeLast(30)));
        return new FreeBsdBootResult(
            result,
            FreeBsdProbeOutput.Parse(result.Console.Select(line => line.Text)),
            FreeBsdKernelFile.Open(ElfFile.Open(new Bytes.ArraySource(kernel, "kernel"))),
            new Dictionary<string, byte[]> { ["first"] = first, ["second"] = second });
    }

    /// <summary>Compiles a module of the guest's root.</summary>
    internal static byte[] Module(string name, string? needs, bool isArm64 = false)
    {
        string folder = Directory.CreateTempSubdirectory("baton-module-").FullName;
        try
        {
            string file = Path.Join(folder, $"{name}.ko");
            HostProgram.Run(
                isArm64 ? "aarch64-linux-gnu-gcc" : "gcc",
                [
                    .. isArm64
                        ? (string[])["-shared", "-fpic", "-nostdlib", "-Wl,-z,max-page-size=4096"]
                        : ["-c", "-fno-pic", "-mcmodel=kernel"],
                    "-O2", "-ffreestanding", $"-DNAME=\"{name}\"",
                    .. needs is null ? Array.Empty<string>() : [$"-DNEEDS=\"{needs}\""],
                    Repository.GuestScript("freebsd/module.c"), "-o", file,
                ]);
            return File.ReadAllBytes(file);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static byte[] MakeRamdisk()
    {
        byte[] bytes = new byte[2_000_384];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (System.IO.Compression.GZipStream gzip = new(packed, System.IO.Compression.CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }
}
