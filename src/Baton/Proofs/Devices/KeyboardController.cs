namespace Baton.Proofs.Devices;

/// <summary>The 8042 without a keyboard, as far as it switches address line 20 (ports 0x60 and 0x64), and port 0x92.</summary>
public sealed class KeyboardController(A20Gate gate) : IPortDevice
{
    private const ushort Data = 0x60;
    private const ushort Command = 0x64;
    private const ushort SystemControl = 0x92;

    private const byte OutputFull = 1;
    private const byte A20Bit = 2;

    private byte _pending;
    private byte? _answer;

    /// <summary>Whether it was told to reset the machine.</summary>
    public bool ResetRequested { get; private set; }

    public bool Answers(ushort port) => port is Data or Command or SystemControl;

    public uint Read(ushort port, int size)
    {
        switch (port)
        {
            case Command:
                return _answer is null ? 0U : OutputFull;
            case SystemControl:
                return gate.IsOpen ? A20Bit : 0U;
            default:
                byte answer = _answer.GetValueOrDefault();
                _answer = null;
                return answer;
        }
    }

    public void Write(ushort port, int size, uint value)
    {
        byte data = (byte)(value & 0xFF);
        switch (port)
        {
            case SystemControl:
                gate.IsOpen = (data & A20Bit) != 0;
                ResetRequested |= (data & 1) != 0;
                break;
            case Command:
                TakeCommand(data);
                break;
            default:
                TakeData(data);
                break;
        }
    }

    private void TakeCommand(byte command)
    {
        _pending = 0;
        switch (command)
        {
            case 0xD0:
                _answer = OutputPort;
                break;
            case 0x20:
                _answer = 0;
                break;
            case 0xD1 or 0x60:
                _pending = command;
                break;
            case 0xDD:
                gate.IsOpen = false;
                break;
            case 0xDF:
                gate.IsOpen = true;
                break;
            case 0xAA:
                _answer = 0x55;
                break;
            case 0xFE:
                ResetRequested = true;
                break;
        }
    }

    private byte OutputPort => (byte)(0xDD & ~A20Bit | (gate.IsOpen ? A20Bit : 0));

    private void TakeData(byte data)
    {
        if (_pending == 0xD1)
        {
            gate.IsOpen = (data & A20Bit) != 0;
            ResetRequested |= (data & 1) == 0;
        }

        _pending = 0;
    }
}
