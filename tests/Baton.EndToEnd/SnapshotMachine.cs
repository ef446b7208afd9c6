using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Baton.Lab;

namespace Baton.EndToEnd;

/// <summary>
/// A virtual machine that is booted once and set back to one moment as often as is wanted: QEMU keeps that moment in the
/// overlay of its disk. Console and monitor are sockets; its own watchdog ends it.
/// </summary>
internal sealed class SnapshotMachine : IDisposable
{
    private const string Prompt = "(qemu) ";
    private const string Moment = "moment";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("baton-snapshot-").FullName;
    private readonly Process _machine;
    private readonly Task<string> _errors;
    private readonly Socket _console;
    private readonly Socket _monitor;
    private readonly StringBuilder _line = new();

    /// <param name="kernel">The Linux that it boots.</param>
    /// <param name="initramfs">What the kernel unpacks.</param>
    /// <param name="disk">A disk image, /dev/vda; never changed.</param>
    /// <param name="memoryMiB">Memory.</param>
    /// <param name="life">After which time it is ended, whatever it does.</param>
    public SnapshotMachine(DebianKernel kernel, Initramfs initramfs, string disk, int memoryMiB, TimeSpan life)
    {
        string archive = Path.Join(_folder, "initramfs");
        initramfs.Save(archive);
        string seconds = ((int)life.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        ProcessStartInfo start = new(
            "timeout",
            [
                "--kill-after=5", seconds, VirtualMachine.Program, "-nodefaults", "-no-user-config", "-display", "none",
                "-accel", "tcg", "-cpu", "max", "-m", memoryMiB.ToString(CultureInfo.InvariantCulture),
                "-serial", $"unix:{Path.Join(_folder, "console")},server=on,wait=on",
                "-monitor", $"unix:{Path.Join(_folder, "monitor")},server=on,wait=off",
                "-drive", $"if=virtio,format=raw,snapshot=on,file={disk}",
                "-kernel", kernel.Image, "-initrd", archive, "-append", $"{Guests.Line} quiet",
            ]);

        // The overlay is as large as the guest's memory, and /tmp may be memory itself.
        start.Environment["TMPDIR"] = "/var/tmp";
        start.RedirectStandardError = true;
        _machine = Process.Start(start)!;
        _errors = _machine.StandardError.ReadToEndAsync();
        _console = Connect("console");
        _monitor = Connect("monitor");
        WaitForPrompt();
    }

    /// <summary>Keeps the moment.</summary>
    public void Keep() => Command($"savevm {Moment}");

    /// <summary>Goes back to the moment that was kept.</summary>
    public void GoBack()
    {
        _line.Clear();
        Command($"loadvm {Moment}");
    }

    /// <summary>What the processor is at, a few times: the lines of its registers.</summary>
    public IEnumerable<string> Stand(int times)
    {
        for (int i = 0; i < times; i++)
        {
            foreach (string line in Ask("info registers").Split("\r\n"))
            {
                yield return line;
            }

            Thread.Sleep(100);
        }
    }

    /// <summary>Types a line into the console.</summary>
    public void Type(string text) => _console.Send(Encoding.ASCII.GetBytes(text + "\n"));

    /// <summary>The console's next line; null when none comes in time.</summary>
    public string? ReadLine(TimeSpan limit)
    {
        Stopwatch waited = Stopwatch.StartNew();
        byte[] one = new byte[1];
        while (_console.Poll(Left(limit, waited), SelectMode.SelectRead))
        {
            if (_console.Receive(one) == 0)
            {
                return null;
            }

            if (one[0] == '\n')
            {
                string line = _line.ToString().TrimEnd('\r');
                _line.Clear();
                return line;
            }

            _line.Append((char)one[0]);
        }

        return null;
    }

    public void Dispose()
    {
        if (!_machine.HasExited)
        {
            // timeout passes it on to QEMU.
            HostProgram.Run("kill", _machine.Id.ToString(CultureInfo.InvariantCulture));
            _machine.WaitForExit(TimeSpan.FromSeconds(10));
        }

        _console.Dispose();
        _monitor.Dispose();
        _machine.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    private Socket Connect(string name)
    {
        UnixDomainSocketEndPoint place = new(Path.Join(_folder, name));
        Stopwatch waited = Stopwatch.StartNew();
        while (true)
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Connect(place);
                return socket;
            }
            catch (SocketException) when (waited.Elapsed < Patience && !_machine.HasExited)
            {
                socket.Dispose();
                Thread.Sleep(50);
            }
        }
    }

    private string Ask(string command)
    {
        _monitor.Send(Encoding.ASCII.GetBytes(command + "\n"));
        return WaitForPrompt();
    }

    private void Command(string command)
    {
        string said = Ask(command);
        if (said.Contains("rror", StringComparison.Ordinal))
        {
            throw new LabException($"QEMU: {command}: {said}");
        }
    }

    private string WaitForPrompt()
    {
        StringBuilder said = new();
        byte[] some = new byte[256];
        Stopwatch waited = Stopwatch.StartNew();
        while (!said.ToString().EndsWith(Prompt, StringComparison.Ordinal))
        {
            int count = _monitor.Poll(Left(Patience, waited), SelectMode.SelectRead) ? _monitor.Receive(some) : 0;
            if (count == 0)
            {
                throw new LabException(
                    $"QEMU's monitor does not answer; it said: {said} {(_machine.HasExited ? _errors.Result : "")}");
            }

            said.Append(Encoding.ASCII.GetString(some, 0, count));
        }

        return said.ToString();
    }

    private static TimeSpan Left(TimeSpan limit, Stopwatch waited) =>
        limit > waited.Elapsed ? limit - waited.Elapsed : TimeSpan.Zero;
}
