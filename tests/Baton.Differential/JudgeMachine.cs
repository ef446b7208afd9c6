using System.Buffers.Binary;
using System.Diagnostics;
using static Baton.Differential.GuestLayout;

namespace Baton.Differential;

/// <summary>
/// The judge: QEMU's emulated processor with everything it can do, running batches of cases that it gets, and gives
/// back, in memory shared through a file. A case that it does not survive is reported, and the machine started again.
/// </summary>
public sealed class JudgeMachine : IDisposable
{
    private const int ReadyMark = 0x5EED;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly string _directory;
    private readonly string _program;
    private readonly FileStream _ram;
    private readonly byte[] _cases = new byte[MaximumCases * CaseSize];
    private readonly byte[] _results = new byte[MaximumCases * ResultSize];
    private Process? _qemu;
    private GuestMemory? _memory;
    private int _command;

    /// <summary>Builds the guest and starts the machine.</summary>
    public JudgeMachine()
    {
        // Shared memory rather than a disk: the guest's pages are the file's.
        _directory = Directory.CreateDirectory(Path.Join("/dev/shm", "baton-judge-" + Path.GetRandomFileName())).FullName;
        _program = Path.Join(_directory, "judge.elf");
        _ram = new FileStream(
            Path.Join(_directory, "ram"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        try
        {
            AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
            _ram.SetLength(RamSize);
            JudgeProgram.Build(_program);
            Start();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Cases that the machine did not survive.</summary>
    public int Losses { get; private set; }

    /// <summary>What QEMU says that it is.</summary>
    public static string Version()
    {
        using Process process = Process.Start(new ProcessStartInfo("qemu-system-x86_64", ["--version"])
        {
            RedirectStandardOutput = true,
        })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text.Split('\n')[0].Trim();
    }

    /// <summary>The page of the descriptor table.</summary>
    public byte[] ReadGdt()
    {
        byte[] gdt = new byte[PageSize];
        ReadAt(Gdt, gdt);
        return gdt;
    }

    /// <summary>Puts memory into the machine.</summary>
    public void Load(GuestMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        _memory = memory;
        foreach ((long start, byte[] bytes) in memory.Areas)
        {
            if (start != Gdt)
            {
                WriteAt(start, bytes);
            }
        }

        foreach ((long address, int length) in RegionList)
        {
            WriteAt(address + ReferenceDistance, memory.Span(address, length));
        }
    }

    /// <summary>Runs cases of one mode; each has its result at the same place.</summary>
    public void Run(IReadOnlyList<InstructionCase> cases, IReadOnlyList<CaseResult> results)
    {
        ArgumentNullException.ThrowIfNull(cases);
        ArgumentNullException.ThrowIfNull(results);
        for (int first = 0; first < cases.Count;)
        {
            int count = Math.Min(MaximumCases, cases.Count - first);
            int done = RunSome(cases, results, first, count);
            first += done;
            if (done < count)
            {
                results[first].Clear();
                results[first].Refusal = "the judge did not survive it";
                Losses++;
                InstructionCase lost = cases[first];
                Console.Error.WriteLine($"lost: {lost.Mode} {Disassembly.Of(lost)}: {Disassembly.State(lost)}");
                first++;
                Stop();
                Start();
                Load(_memory!);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        Stop();
        _ram.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    // A signal that ends the host must not leave a machine behind that nobody waits for.
    private void OnProcessExit(object? sender, EventArgs e) => Dispose();

    private int RunSome(IReadOnlyList<InstructionCase> cases, IReadOnlyList<CaseResult> results, int first, int count)
    {
        ExecutionMode mode = cases[first].Mode;
        for (int i = 0; i < count; i++)
        {
            CaseCodec.Write(cases[first + i], _cases.AsSpan(i * CaseSize, CaseSize));
        }

        WriteAt(Cases, _cases.AsSpan(0, count * CaseSize));
        Span<byte> mailbox = stackalloc byte[MailboxSize];
        mailbox.Clear();
        CaseCodec.WriteMailbox(mode, count, mailbox);
        WriteAt(Mailbox + Count, mailbox[Count..]);
        WriteNumber(Mailbox + Command, ++_command);
        int done = Await(_command) ? count : ReadNumber(Mailbox + Current);
        ReadAt(Results, _results.AsSpan(0, done * ResultSize));
        for (int i = 0; i < done; i++)
        {
            CaseCodec.Read(_results.AsSpan(i * ResultSize, ResultSize), mode, results[first + i]);
        }

        return done;
    }

    /// <summary>Waits for a word of the guest; false when the machine has ended or makes no progress.</summary>
    private bool Await(int expected)
    {
        Stopwatch sinceProgress = Stopwatch.StartNew();
        int current = -1;
        while (ReadNumber(Mailbox + Done) != expected)
        {
            Thread.Sleep(1);
            int now = ReadNumber(Mailbox + Current);
            if (now != current)
            {
                current = now;
                sinceProgress.Restart();
            }

            if (_qemu!.HasExited || sinceProgress.Elapsed > Patience)
            {
                return false;
            }
        }

        return true;
    }

    private void Start()
    {
        _command = 0;
        WriteNumber(Mailbox + Done, ReadyMark);
        _qemu = Process.Start(new ProcessStartInfo("qemu-system-x86_64",
        [
            "-accel", "tcg", "-cpu", "max", "-smp", "1", "-m", "64M", "-machine", "q35,memory-backend=ram",
            "-object", $"memory-backend-file,id=ram,mem-path={Path.Join(_directory, "ram")},size=64M,share=on",
            "-nodefaults", "-display", "none", "-no-reboot", "-kernel", _program,
        ])
        {
            RedirectStandardInput = true,
        })!;
        if (!Await(0))
        {
            throw new InvalidOperationException("the judge does not start");
        }
    }

    private void Stop()
    {
        if (_qemu is not null)
        {
            _qemu.Kill();
            _qemu.WaitForExit();
            _qemu.Dispose();
            _qemu = null;
        }
    }

    private void WriteAt(long address, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_ram.SafeFileHandle, bytes, address);

    private void ReadAt(long address, Span<byte> bytes)
    {
        for (int done = 0; done < bytes.Length;)
        {
            done += RandomAccess.Read(_ram.SafeFileHandle, bytes[done..], address + done);
        }
    }

    private void WriteNumber(long address, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        WriteAt(address, bytes);
    }

    private int ReadNumber(long address)
    {
        Span<byte> bytes = stackalloc byte[4];
        ReadAt(address, bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }
}
