namespace Baton.Proofs.Devices;

/// <summary>The clock and the memory behind ports 0x70 and 0x71: always the same moment, 2000-01-01 00:00:00.</summary>
public sealed class CmosClock : IPortDevice
{
    private readonly byte[] _memory = new byte[128];
    private int _index;

    public CmosClock()
    {
        // Sunday is 1, so that a Saturday is 7; the date in BCD; register B says 24 hours, register D that time is valid.
        (_memory[6], _memory[7], _memory[8], _memory[9]) = (7, 1, 1, 0);
        (_memory[0xA], _memory[0xB], _memory[0xD]) = (0x26, 0x02, 0x80);
        _memory[0x32] = 0x20;
    }

    /// <summary>A byte of its memory.</summary>
    public byte this[int index]
    {
        get => _memory[index];
        set => _memory[index] = value;
    }

    public bool Answers(ushort port) => port is 0x70 or 0x71;

    public uint Read(ushort port, int size) => port == 0x71 ? _memory[_index] : 0xFFU;

    public void Write(ushort port, int size, uint value)
    {
        if (port == 0x70)
        {
            _index = (int)(value & 0x7F);
        }
        else
        {
            _memory[_index] = (byte)(value & 0xFF);
        }
    }
}
