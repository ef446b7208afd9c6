using System.Text;

namespace Baton.Lab;

/// <summary>Cuts the bytes of a serial line into lines, and leaves out what is meant for a terminal only.</summary>
internal sealed class ConsoleLineSplitter
{
    private const byte Escape = 0x1b;

    private readonly List<byte> _line = [];
    private TimeSpan _begun;
    private State _state;

    private enum State
    {
        Text,
        AfterEscape,
        ControlSequence,
    }

    /// <summary>The line that has no end yet.</summary>
    public ConsoleLine Partial => new(_begun, Encoding.UTF8.GetString([.. _line]));

    /// <summary>Takes bytes that arrived at a time, and adds the lines that they complete.</summary>
    public void Add(ReadOnlySpan<byte> bytes, TimeSpan at, List<ConsoleLine> lines)
    {
        foreach (byte value in bytes)
        {
            if (Keep(value))
            {
                if (_line.Count == 0)
                {
                    _begun = at;
                }

                if (value == '\n')
                {
                    lines.Add(Partial);
                    _line.Clear();
                }
                else
                {
                    _line.Add(value);
                }
            }
        }
    }

    /// <summary>Whether a byte is text. ECMA-48: a control sequence is ESC [ and ends with 0x40 to 0x7e.</summary>
    private bool Keep(byte value)
    {
        switch (_state)
        {
            case State.AfterEscape:
                _state = value == '[' ? State.ControlSequence : State.Text;
                return false;
            case State.ControlSequence:
                _state = value is >= 0x40 and <= 0x7e ? State.Text : State.ControlSequence;
                return false;
            default:
                _state = value == Escape ? State.AfterEscape : State.Text;
                return value is >= 0x20 or (byte)'\t' or (byte)'\n';
        }
    }
}
