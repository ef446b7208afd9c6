namespace Baton.Proofs.Devices;

/// <summary>The pair of interrupt controllers: they are set up and masked, and never interrupt.</summary>
public sealed class Pic8259 : IPortDevice
{
    private const byte InitializeBit = 0x10;

    private readonly byte[] _masks = [0xFF, 0xFF];
    private readonly byte[] _bases = [0x08, 0x70];

    /// <summary>Words of the initialization that are still to come, for each controller.</summary>
    private readonly int[] _expected = new int[2];

    /// <summary>The interrupts that are masked, the second controller's in the upper byte.</summary>
    public int Masks => _masks[0] | (_masks[1] << 8);

    /// <summary>The vector of each controller's first interrupt.</summary>
    public IReadOnlyList<byte> Bases => _bases;

    public bool Answers(ushort port) => port is 0x20 or 0x21 or 0xA0 or 0xA1;

    public uint Read(ushort port, int size) => (port & 1) == 0 ? 0U : _masks[Unit(port)];

    public void Write(ushort port, int size, uint value)
    {
        int unit = Unit(port);
        byte data = (byte)(value & 0xFF);
        if ((port & 1) == 0)
        {
            if ((data & InitializeBit) != 0)
            {
                _expected[unit] = 2 + (data & 1);
                _masks[unit] = 0;
            }
        }
        else if (_expected[unit] == 0)
        {
            _masks[unit] = data;
        }
        else
        {
            TakeInitialization(unit, data);
        }
    }

    private static int Unit(ushort port) => port >= 0xA0 ? 1 : 0;

    private void TakeInitialization(int unit, byte data)
    {
        // The first word behind the command is the vector; how many follow, the command has said.
        if (!_vectorTaken[unit])
        {
            _bases[unit] = data;
        }

        _expected[unit]--;
        _vectorTaken[unit] = _expected[unit] > 0;
    }

    private readonly bool[] _vectorTaken = new bool[2];
}
