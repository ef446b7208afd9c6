using Baton.Cli;
using Baton.Lab;
using Baton.Machines;

namespace Baton.EndToEnd;

/// <summary>Handoffs on arm64, planned here and carried out by the packed program as the only file of an initramfs.</summary>
public sealed class Arm64PackTests : IDisposable
{
    private const string NextCommandLine = "console=ttyAMA0 panic=-1 quiet packed=here \"two words\"=\"a  b\"";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    private static readonly string[] LoaderProperties =
        ["/memreserve/", "bootargs =", "linux,initrd-start =", "linux,initrd-end =", "kaslr-seed", "rng-seed"];

    private readonly string _folder = Directory.CreateTempSubdirectory("baton-pack-arm64-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_only_file_of_an_initramfs_hands_over_to_the_next_kernel(bool startsAtEl2)
    {
        byte[] payload = new byte[3_000_001];
        new Random(1).NextBytes(payload);
        Initramfs witness = WithWitness();
        Arm64Witness before = new(Boot(witness, startsAtEl2));
        string record = Path.Join(_folder, "record");
        Machine machine = before.Save(record);
        string initrd = Path.Join(_folder, "initrd");
        WithWitness().Add("payload", payload).Save(initrd);
        string program = Path.Join(_folder, "handoff");
        string said = Pack(initrd, record, program);
        Assert.Matches(@"Proof: (\d+) of \1 clauses hold", said);
        Assert.Matches(@"program [4-7],\d{3} bytes, payload [\d,]+ bytes in \d segments", said);

        Initramfs only = new Initramfs(hasConsole: false).AddHostFile("init", program);
        Arm64Witness next = new(Boot(only, startsAtEl2));
        Machine seen = next.Save(Path.Join(_folder, "next"));
        Assert.Equal(Next.Release, seen.Kernel.Release);
        Assert.Equal(NextCommandLine, next.Line("/proc/cmdline"));
        Assert.Equal(Arm64Witness.ChecksumOf(payload), next.Checksum("/payload"));
        Assert.Equal(machine.SystemRam, seen.SystemRam);
        Assert.Equal("0-1", next.Line("/sys/devices/system/cpu/online"));
        CheckTree(before, next);
    }

    [Fact]
    public void Another_amount_of_memory_is_told_and_the_machine_switched_off()
    {
        string record = Path.Join(_folder, "record");
        new Arm64Witness(Boot(WithWitness(), startsAtEl2: false)).Save(record);
        string program = Path.Join(_folder, "handoff");
        string initrd = Path.Join(_folder, "initrd");
        WithWitness().Save(initrd);
        Pack(initrd, record, program);
        IReadOnlyList<ConsoleLine> console = Boot(
            new Initramfs(hasConsole: false).AddHostFile("init", program), startsAtEl2: false, memoryMiB: 768);
        Assert.Contains(console, line => line.Text ==
            "handoff: /proc/iomem: System RAM [0x40000000, 0x70000000), recorded was [0x40000000, 0x80000000): "
            + "another machine than this file was made for, or its memory has changed");
        Assert.DoesNotContain(console, line => line.Text.Contains("Kernel panic", StringComparison.Ordinal));
    }

    private static DebianKernel Next { get; } = new("arm64");

    /// <summary>
    /// The device tree, as dtc reads it, is the running kernel's but for what a loader says in /chosen and reserves for
    /// itself.
    /// </summary>
    private void CheckTree(Arm64Witness before, Arm64Witness next)
    {
        string[] expected = Source(before);
        string[] seen = Source(next);
        Assert.Contains(seen, line => line.Contains("compatible = \"linux,dummy-virt\"", StringComparison.Ordinal));
        Assert.Equal(expected, seen);
    }

    private string[] Source(Arm64Witness witness)
    {
        string blob = Path.Join(_folder, "fdt");
        File.WriteAllBytes(blob, witness.Bytes("/sys/firmware/fdt"));
        return
        [
            .. HostProgram.Run("dtc", "-q", "-s", "-I", "dtb", "-O", "dts", blob).Split('\n')
                .Where(line => !LoaderProperties.Any(line.TrimStart('\t').StartsWith)),
        ];
    }

    /// <summary>Boots a machine to its end.</summary>
    internal static IReadOnlyList<ConsoleLine> Boot(
        Initramfs initramfs, bool startsAtEl2, int memoryMiB = 1024, string processorModel = "cortex-a57")
    {
        VirtualMachine machine = new()
        {
            Architecture = Architecture.Arm64,
            StartsAtEl2 = startsAtEl2,
            ProcessorModel = processorModel,
            Processors = 2,
            MemoryMiB = memoryMiB,
            Kernel = DebianKernel.CloudArm64.Image,
            Initramfs = initramfs,
            CommandLine = "console=ttyAMA0 panic=-1 quiet",
        };
        using RunningMachine running = machine.Start(Limit);
        try
        {
            running.WaitForEnd(Limit + TimeSpan.FromSeconds(30));
        }
        finally
        {
            KeptResults.Save(running.Console.Bytes, []);
        }

        return running.Console.Lines;
    }

    private static string Pack(string initrd, string record, string program)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int status = Application.Run(
            [
                "pack", Next.Image, "--initrd", initrd, "--command-line", NextCommandLine, "--machine", record,
                "-o", program,
            ],
            new CommandEnvironment { Output = output, Error = error, OutputIsTerminal = false, ErrorIsTerminal = false });
        Assert.True(status == ExitCode.Ok, $"status {status}: {error}");
        return output.ToString();
    }

    private Initramfs WithWitness() => WithWitness(_folder);

    /// <summary>An initramfs that tells what the kernel sees.</summary>
    /// <param name="folder">Where the program is kept once it is compiled.</param>
    internal static Initramfs WithWitness(string folder)
    {
        string witness = Path.Join(folder, "witness");
        if (!File.Exists(witness))
        {
            HostProgram.Run(
                "aarch64-linux-gnu-gcc", "-Wall", "-Wextra", "-Werror", "-Os", "-static", "-o", witness,
                Repository.GuestScript("arm64-witness.c"));
        }

        return new Initramfs().AddHostFile("init", witness);
    }
}
