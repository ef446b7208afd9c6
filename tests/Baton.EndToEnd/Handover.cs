using System.IO.Compression;
using System.Security.Cryptography;
using Baton.Bytes;
using Baton.Lab;
using Baton.Linux.Files;

namespace Baton.EndToEnd;

/// <summary>
/// A handover by baton: the cloud kernel loads the generic one and jumps, and both report what they see, as "a" and
/// "b". Everything that must hold for each handover is checked by <see cref="Run"/>.
/// </summary>
public sealed record Handover
{
    /// <summary>The next kernel's command line.</summary>
    public const string NextCommandLine =
        "console=ttyS0 no_timer_check panic=-1 random.trust_cpu=off \"two words\"=\"a  b\" handed=over";

    /// <summary>How many initrds the next kernel gets: the first holds the witness, the second is compressed.</summary>
    public int Initrds { get; init; } = 1;

    /// <summary>Options of <c>baton load</c> beside the kernel, initrds and command line.</summary>
    public string Options { get; init; } = "";

    /// <summary>The next kernel's path in the running one.</summary>
    public string Kernel { get; init; } = "/next/vmlinuz";

    /// <summary>What the running kernel does before its report.</summary>
    public string Before { get; init; } = "";

    /// <summary>What it does between the load and the jump.</summary>
    public string Between { get; init; } = "";

    /// <summary>The jump.</summary>
    public string Jump { get; init; } = "baton exec --now";

    /// <summary>What the next kernel does after its report.</summary>
    public string After { get; init; } = "";

    /// <summary>Modules that both kernels insert, as paths below <c>kernel/</c>.</summary>
    public IReadOnlyList<string> Modules { get; init; } = [];

    /// <summary>Files that the first initrd has besides the witness.</summary>
    public IReadOnlyDictionary<string, string> NextFiles { get; init; } = new Dictionary<string, string>();

    /// <summary>Modules that only the running kernel inserts.</summary>
    public IReadOnlyList<string> GuestModules { get; init; } = [];

    /// <summary>Files of this machine that the running kernel's initramfs has besides.</summary>
    public IReadOnlyDictionary<string, string> GuestFiles { get; init; } = new Dictionary<string, string>();

    /// <summary>Programs of tests/Baton.EndToEnd/guest that it has, made of NAME.c, as /NAME.</summary>
    public IReadOnlyList<string> CompiledPrograms { get; init; } = [];

    /// <summary>Programs of this machine that it has, at the same path.</summary>
    public IReadOnlyList<string> GuestPrograms { get; init; } = [];

    /// <summary>Whether the running kernel has systemd as PID 1, not a shell.</summary>
    public bool WithSystemd { get; init; }

    /// <summary>Whether the next kernel gets a disk in its memory, which its map then calls persistent.</summary>
    public bool HasRamdisk { get; init; }

    public int MemoryMiB { get; init; } = 1024;

    public int Processors { get; init; } = 1;

    /// <summary>As <see cref="VirtualMachine.Nodes"/>.</summary>
    public int Nodes { get; init; } = 1;

    public string ProcessorModel { get; init; } = "max";

    public Firmware Firmware { get; init; } = Firmware.Bios;

    /// <summary>The options that name the initrds.</summary>
    public string InitrdOptions =>
        string.Join(' ', Enumerable.Range(0, Initrds).Select(i => $"--initrd /next/initrd.{i}"));

    /// <summary>Runs the handover and checks what must always hold; the rest is the caller's.</summary>
    public ScenarioResult Run()
    {
        Initramfs first = Guests.With($"witness b\n{After}")
            .AddModules(DebianKernel.Generic, Modules)
            .AddHostFiles(NextFiles);
        Initramfs second = new Initramfs()
            .Add("second/text", "from the second initrd\n")
            .Add("second/payload", Payload(3_000_001));
        ScenarioResult result = RunScenario(first, second);

        Assert.Equal(0, result.Frames.Tried("load").Status);
        Assert.Equal("1", result.Frames.Text("loaded"));
        if (Initrds > 0)
        {
            Check(result, Initrds > 1 ? [first, second] : [first]);
        }

        return result;
    }

    private void Check(ScenarioResult result, Initramfs[] initrds)
    {
        Witness a = result.Witness("a");
        Witness b = result.Witness("b");
        Assert.Equal(DebianKernel.Cloud.Release, a.Machine.Kernel.Release);
        Assert.Equal(DebianKernel.Generic.Release, b.Machine.Kernel.Release);
        Assert.Equal(NextCommandLine, b.CommandLine);
        if (!HasRamdisk)
        {
            Assert.Equal(a.FirmwareMemmap, b.FirmwareMemmap);
        }

        Assert.Equal(a.AcpiTables, b.AcpiTables);
        Assert.NotEmpty(b.AcpiTables);
        Assert.Equal(a.Machine.Firmware, b.Machine.Firmware);
        Assert.Equal(a.Machine.AcpiRsdp, b.Machine.AcpiRsdp);

        // SETUP_RNG_SEED. The kernel has enough before its first tick, although it may not trust the processor.
        Assert.Contains("0x9", b.SetupDataTypes);
        Assert.Contains("[    0.000000] random: crng init done", b.KernelLog, StringComparison.Ordinal);

        Assert.Equal(
            initrds.SelectMany(initrd => initrd.Files).ToDictionary(file => file.Key, file => Sha256(file.Value)),
            b.Checksums);
    }

    private ScenarioResult RunScenario(Initramfs first, Initramfs second)
    {
        Initramfs running = Guests.With($$"""
            {{Before}}
            witness a
            ln -s /baton /bin/baton
            try plan baton plan {{Kernel}} {{InitrdOptions}} --command-line '{{NextCommandLine}}' {{Options}}
            try load baton load {{Kernel}} {{InitrdOptions}} --command-line '{{NextCommandLine}}' {{Options}}
            cat /sys/kernel/kexec_loaded >/tmp/loaded
            send loaded /tmp/loaded
            {{Between}}
            {{Jump}}
            """)
            .AddHostFile("baton", Repository.Binary)
            .Add("next/vmlinuz", FileSource.Open(DebianKernel.Generic.Image))
            .Add("next/initrd.0", first.ToArray())
            .Add("next/initrd.1", Gzip(second.ToArray()))
            .AddHostFiles(GuestFiles);
        foreach (string program in CompiledPrograms)
        {
            running.Add(program, HostProgram.Compile(program + ".c"));
        }

        foreach (string program in GuestPrograms)
        {
            running.AddProgram(program[1..], program);
        }

        if (WithSystemd)
        {
            running.AddSystemd();
        }

        return new Scenario
        {
            Initramfs = running.AddModules(DebianKernel.Cloud, [.. Modules, .. GuestModules]),
            MemoryMiB = MemoryMiB,
            Processors = Processors,
            Nodes = Nodes,
            ProcessorModel = ProcessorModel,
            Firmware = Firmware,
        }.Run();
    }

    /// <summary>Bytes that do not compress and are the same in each run.</summary>
    private static byte[] Payload(int length)
    {
        byte[] bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    private static string Sha256(IByteSource source)
    {
        byte[] bytes = new byte[source.Length];
        source.Read(0, bytes);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }
}
