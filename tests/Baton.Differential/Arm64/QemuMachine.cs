using System.Diagnostics;

namespace Baton.Differential.Arm64;

/// <summary>QEMU with the judge's guest in it: takes batches of cases through its memory.</summary>
internal sealed class QemuMachine : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly GuestMemory _memory;
    private readonly Process _process;
    private readonly string _image;

    /// <summary>Builds the guest and starts it; the tables are in memory already.</summary>
    public QemuMachine(GuestMemory memory, MachineConfiguration configuration, GuestTables tables)
    {
        _memory = memory;
        memory.Write(GuestLayout.Control, new byte[4096]);
        memory.Write(GuestLayout.Tables, tables.Bytes);
        memory.Write(GuestLayout.Control + GuestLayout.Sctlr, configuration.Sctlr);
        memory.Write(GuestLayout.Control + GuestLayout.Tcr, configuration.Tcr);
        memory.Write(GuestLayout.Control + GuestLayout.Mair, MachineConfiguration.Mair);
        memory.Write(GuestLayout.Control + GuestLayout.Ttbr0, tables.For(configuration.LowerBits));
        memory.Write(GuestLayout.Control + GuestLayout.Ttbr1, tables.For(configuration.UpperBits));
        memory.Write(GuestLayout.Control + GuestLayout.Hcr, configuration.Hcr);
        _image = Path.Combine(Path.GetTempPath(), $"baton-differential-arm64-{Environment.ProcessId}-el{configuration.Level}");
        Assemble(configuration.Level, _image);
        ProcessStartInfo start = new("qemu-system-aarch64")
        {
            ArgumentList =
            {
                "-M", $"virt,memory-backend=ram,virtualization={(configuration.Level == 2 ? "on" : "off")}",
                "-cpu", "max", "-accel", "tcg", "-m", $"{GuestLayout.RamSize >> 20}M",
                "-object", $"memory-backend-file,id=ram,mem-path={memory.Path},size={GuestLayout.RamSize >> 20}M,share=on",
                "-display", "none", "-serial", "none", "-monitor", "none", "-nodefaults", "-no-reboot", "-kernel", _image,
            },
            RedirectStandardError = true,
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException("qemu-system-aarch64 did not start");
        WaitFor(GuestLayout.Ready, 1);
    }

    /// <summary>What QEMU calls itself.</summary>
    public static string Version()
    {
        using Process process = Process.Start(new ProcessStartInfo("qemu-system-aarch64", "--version")
        {
            RedirectStandardOutput = true,
        })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text.Split('\n')[0].Trim();
    }

    /// <summary>Lets the guest run the cases that are in memory.</summary>
    public void Run(int cases)
    {
        _memory.Write(GuestLayout.Control + GuestLayout.Count, (ulong)cases);
        _memory.Write(GuestLayout.Control + GuestLayout.Command, 1);
        WaitFor(GuestLayout.Command, 2);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.WaitForExit();
        _process.Dispose();
        File.Delete(_image);
    }

    private void WaitFor(int word, ulong value)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (_memory.Read(GuestLayout.Control + (ulong)word) != value)
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"QEMU ended: {_process.StandardError.ReadToEnd()}");
            }

            if (watch.Elapsed > Patience)
            {
                ulong index = _memory.Read(GuestLayout.Control + GuestLayout.Index);
                throw new JudgeStuckException(checked((int)index));
            }

            Thread.Sleep(1);
        }
    }

    private static void Assemble(int level, string image)
    {
        string source = Path.Combine(JudgeFiles.Root, "tests", "Baton.Differential", "Arm64", "guest.S");
        using Process process = Process.Start(new ProcessStartInfo("aarch64-linux-gnu-gcc")
        {
            ArgumentList =
            {
                $"-DLEVEL={level}", "-march=armv8.4-a", "-nostdlib", "-static", "-Wl,-Ttext=0x40080000", "-Wl,--build-id=none",
                "-o", image, source,
            },
        })!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"aarch64-linux-gnu-gcc {source}: status {process.ExitCode}");
        }
    }
}

/// <summary>The guest does not come back from a case.</summary>
/// <param name="index">Which of the batch.</param>
internal sealed class JudgeStuckException(int index) : Exception($"the guest does not come back from case {index}")
{
    public int Index => index;
}
