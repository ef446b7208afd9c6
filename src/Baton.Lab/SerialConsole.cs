using System.Buffers;
using System.Diagnostics;

namespace Baton.Lab;

/// <summary>
/// A serial console, read live. It keeps the raw bytes and the lines; waiting goes forward: a line that has been
/// waited for is behind, and the next wait begins after it.
/// </summary>
public sealed class SerialConsole
{
    private const int LastLines = 20;

    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(200);

    private readonly object _gate = new();
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<ConsoleLine> _lines = [];
    private readonly ConsoleLineSplitter _splitter = new();
    private readonly Stopwatch _clock;
    private Stream? _echo;
    private readonly Thread _reader;
    private int _next;
    private bool _ended;

    /// <param name="source">What the machine writes; read to its end on a thread of its own.</param>
    /// <param name="clock">Counts from the start of the machine.</param>
    /// <param name="echo">Where every byte is copied as it arrives, or null.</param>
    internal SerialConsole(Stream source, Stopwatch clock, Stream? echo)
    {
        _clock = clock;
        _echo = echo;
        _reader = new Thread(() => Read(source)) { IsBackground = true, Name = "serial console" };
        _reader.Start();
    }

    /// <summary>All lines up to now; one without an end is last.</summary>
    public IReadOnlyList<ConsoleLine> Lines
    {
        get
        {
            lock (_gate)
            {
                ConsoleLine partial = _splitter.Partial;
                return partial.Text.Length > 0 ? [.. _lines, partial] : [.. _lines];
            }
        }
    }

    /// <summary>All bytes up to now, as they came.</summary>
    public byte[] Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes.WrittenSpan.ToArray();
            }
        }
    }

    /// <summary>Waits for a line that contains a text. A line without an end (a prompt) counts.</summary>
    /// <exception cref="LabTimeoutException">It did not come in time.</exception>
    /// <exception cref="LabException">The machine ended without it.</exception>
    public ConsoleLine WaitFor(string text, TimeSpan limit) =>
        WaitFor(line => line.Contains(text, StringComparison.Ordinal), $"\"{text}\"", limit);

    /// <summary>Waits for a line that is the one.</summary>
    /// <param name="isIt">Called for each line, and again for a line that has grown.</param>
    /// <param name="awaited">What is awaited, for the error.</param>
    /// <param name="limit">How long.</param>
    /// <inheritdoc cref="WaitFor(string, TimeSpan)" path="/exception"/>
    public ConsoleLine WaitFor(Func<string, bool> isIt, string awaited, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(isIt);
        Stopwatch waited = Stopwatch.StartNew();
        lock (_gate)
        {
            ConsoleLine? found;
            while ((found = Find(isIt)) is null)
            {
                if (_ended)
                {
                    throw new LabException(
                        $"the machine ended while {awaited} was awaited; the console's last lines:\n  | "
                        + string.Join("\n  | ", Last()));
                }

                TimeSpan left = limit - waited.Elapsed;
                if (left <= TimeSpan.Zero || !Monitor.Wait(_gate, left))
                {
                    throw new LabTimeoutException(awaited, limit, Last());
                }
            }

            // A line that is still arriving gets a moment for each piece until it is whole; a prompt never is.
            while (found.Value == _splitter.Partial && Monitor.Wait(_gate, Grace))
            {
                found = Find(isIt) ?? found;
            }

            return found.Value;
        }
    }

    /// <summary>Waits until the machine has written its last byte.</summary>
    /// <returns>False when it did not in time.</returns>
    internal bool WaitForEnd(TimeSpan limit) => _reader.Join(limit);

    /// <summary>The last lines, for an error.</summary>
    internal IReadOnlyList<string> Last() => [.. Lines.TakeLast(LastLines).Select(line => line.Text)];

    private ConsoleLine? Find(Func<string, bool> isIt)
    {
        for (; _next < _lines.Count; _next++)
        {
            if (isIt(_lines[_next].Text))
            {
                return _lines[_next++];
            }
        }

        // It stays ahead: the line may grow, and be waited for once more.
        ConsoleLine partial = _splitter.Partial;
        return partial.Text.Length > 0 && isIt(partial.Text) ? partial : null;
    }

    /// <summary>What is shown to somebody is not worth the machine: from the first failure on nothing is shown.</summary>
    private void Echo(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _echo?.Write(bytes);
            _echo?.Flush();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            _echo = null;
        }
    }

    private void Read(Stream source)
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (source.Read(buffer) is > 0 and int count)
            {
                lock (_gate)
                {
                    _bytes.Write(buffer.AsSpan(0, count));
                    _splitter.Add(buffer.AsSpan(0, count), _clock.Elapsed, _lines);
                    Monitor.PulseAll(_gate);
                }

                Echo(buffer.AsSpan(0, count));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The pipe was closed under the reader: the machine is gone, and so is its console.
        }

        lock (_gate)
        {
            _ended = true;
            Monitor.PulseAll(_gate);
        }
    }
}
