namespace Baton.Proofs.Devices;

/// <summary>
/// The timer, as far as boot code polls it: each read is a tick later, and the output of channel 2 (port 0x61) goes
/// up when its count has run out.
/// </summary>
public sealed class Pit8254 : IPortDevice
{
    private const ushort Mode = 0x43;
    private const ushort Gate = 0x61;
    private const int SpeakerChannel = 2;
    private const byte SpeakerOutput = 0x20;

    private readonly int[] _reloads = [0x10000, 0x10000, 0x10000];
    private readonly int[] _counts = [0x10000, 0x10000, 0x10000];
    private readonly bool[] _second = new bool[3];
    private readonly int?[] _latched = new int?[3];
    private byte _gate;

    public bool Answers(ushort port) => port is >= 0x40 and <= Mode or Gate;

    public uint Read(ushort port, int size)
    {
        if (port == Gate)
        {
            _counts[SpeakerChannel] = Math.Max(0, _counts[SpeakerChannel] - 1);
            return (uint)(_gate | (_counts[SpeakerChannel] == 0 ? SpeakerOutput : 0));
        }

        if (port == Mode)
        {
            return 0xFF;
        }

        int channel = port - 0x40;
        Tick(channel);
        int count = _latched[channel] ?? _counts[channel];
        int value = _second[channel] ? (count >> 8) & 0xFF : count & 0xFF;
        if (_second[channel])
        {
            _latched[channel] = null;
        }

        _second[channel] = !_second[channel];
        return (uint)value;
    }

    public void Write(ushort port, int size, uint value)
    {
        int data = (int)(value & 0xFF);
        if (port == Gate)
        {
            _gate = (byte)(data & 0xF);
            return;
        }

        if (port == Mode)
        {
            Command(data);
            return;
        }

        int channel = port - 0x40;
        _reloads[channel] = _second[channel]
            ? (_reloads[channel] & 0xFF) | (data << 8)
            : (_reloads[channel] & 0xFF00) | data;
        _second[channel] = !_second[channel];
        _counts[channel] = _reloads[channel] == 0 ? 0x10000 : _reloads[channel];
    }

    private void Command(int data)
    {
        int channel = data >> 6;
        if (channel == 3)
        {
            return;
        }

        _second[channel] = false;
        if ((data & 0x30) == 0)
        {
            _latched[channel] = _counts[channel];
        }
    }

    private void Tick(int channel)
    {
        _counts[channel]--;
        if (_counts[channel] <= 0)
        {
            _counts[channel] = _reloads[channel] == 0 ? 0x10000 : _reloads[channel];
        }
    }
}
