using System.Diagnostics;

namespace Baton.Lab;

/// <summary>A virtual machine at work. Disposing it ends it; so does the end of this process, in any way.</summary>
public sealed class RunningMachine : IDisposable
{
    private readonly Process _supervisor;
    private readonly FileStream? _data;
    private readonly Task<string> _errors;
    private readonly TimeSpan _limit;
    private readonly bool _hasDebugExit;
    private readonly string _program;

    private RunningMachine(VirtualMachine machine, string program, Process supervisor, FileStream? data, TimeSpan limit)
    {
        _program = program;
        _supervisor = supervisor;
        _data = data;
        _limit = limit;
        _hasDebugExit = machine.HasDebugExit;
        _errors = supervisor.StandardError.ReadToEndAsync();
        Console = new SerialConsole(supervisor.StandardOutput.BaseStream, Clock, machine.ConsoleEcho);
    }

    /// <summary>The first serial port.</summary>
    public SerialConsole Console { get; }

    /// <summary>Counts from the start of the machine; <see cref="ConsoleLine.At"/> is its time.</summary>
    public Stopwatch Clock { get; } = Stopwatch.StartNew();

    /// <summary>Whether the machine has ended.</summary>
    public bool HasEnded => _supervisor.HasExited;

    /// <summary>Starts QEMU.</summary>
    /// <param name="machine">What it was made from.</param>
    /// <param name="command">QEMU and its arguments.</param>
    /// <param name="files">The directory of the files in them, which goes when the machine goes.</param>
    /// <param name="limit">The longest life of the machine.</param>
    internal static RunningMachine Start(
        VirtualMachine machine, IReadOnlyList<string> command, MachineFiles files, TimeSpan limit) =>
        new(machine, Path.GetFileName(command[0]), Supervisor.Start(command, files.Directory, limit), files.Data, limit);

    /// <summary>Waits until the guest has switched the machine off or reset it.</summary>
    /// <returns>The exit status of QEMU: 0, or what the guest wrote to the debug exit port.</returns>
    /// <exception cref="LabTimeoutException">It was still running after this time, or after the machine's limit.</exception>
    /// <exception cref="LabException">QEMU failed; its own words are in the message.</exception>
    public int WaitForEnd(TimeSpan limit)
    {
        if (!_supervisor.WaitForExit(limit))
        {
            throw new LabTimeoutException("the machine to switch itself off", limit, Console.Last());
        }

        Console.WaitForEnd(TimeSpan.FromSeconds(5));
        if (_supervisor.ExitCode == Supervisor.OutlivedStatus)
        {
            throw new LabTimeoutException("the machine to switch itself off", _limit, Console.Last());
        }

        if (_supervisor.ExitCode != 0 && !_hasDebugExit)
        {
            throw new LabException(
                $"{_program} ended with status {_supervisor.ExitCode}: {_errors.Result.Trim()}");
        }

        return _supervisor.ExitCode;
    }

    /// <summary>What came through the data port up to now.</summary>
    /// <exception cref="InvalidOperationException">The machine has no data port.</exception>
    public byte[] ReadData()
    {
        FileStream data = _data ?? throw new InvalidOperationException("the machine has no data port");
        byte[] bytes = new byte[RandomAccess.GetLength(data.SafeFileHandle)];
        int read = 0;
        while (read < bytes.Length && RandomAccess.Read(data.SafeFileHandle, bytes.AsSpan(read), read) is > 0 and int n)
        {
            read += n;
        }

        return bytes[..read];
    }

    /// <summary>Ends the machine if it is still running.</summary>
    public void Dispose()
    {
        // The supervisor's pipe: closing it is what ends the machine, here and when this process dies.
        _supervisor.StandardInput.Close();
        _supervisor.WaitForExit(TimeSpan.FromSeconds(10));
        Console.WaitForEnd(TimeSpan.FromSeconds(5));
        _supervisor.Dispose();
        _data?.Dispose();
    }
}
