using System.Text;

namespace Baton.Proofs.Devices;

/// <summary>A serial port that takes everything at once, keeps it, and has nothing to say.</summary>
public sealed class Uart8250(ushort firstPort = 0x3F8) : IPortDevice
{
    private const int InterruptEnable = 1;
    private const int LineControl = 3;
    private const int LineStatus = 5;
    private const byte DivisorLatch = 0x80;

    /// <summary>Transmitter empty, holding register empty.</summary>
    private const byte Idle = 0x60;

    /// <summary>No interrupt is pending.</summary>
    private const byte NoInterrupt = 0x01;

    private readonly byte[] _registers = new byte[8];
    private readonly byte[] _divisor = [12, 0];
    private readonly StringBuilder _output = new();

    /// <summary>What was sent, as Latin-1.</summary>
    public string Output => _output.ToString();

    private bool IsDivisor => (_registers[LineControl] & DivisorLatch) != 0;

    public bool Answers(ushort port) => port >= firstPort && port < firstPort + _registers.Length;

    public uint Read(ushort port, int size) => (port - firstPort) switch
    {
        0 or InterruptEnable when IsDivisor => _divisor[port - firstPort],
        0 => 0,
        2 => NoInterrupt,
        LineStatus => Idle,
        var register => _registers[register],
    };

    public void Write(ushort port, int size, uint value)
    {
        int register = port - firstPort;
        byte data = (byte)(value & 0xFF);
        if (register <= InterruptEnable && IsDivisor)
        {
            _divisor[register] = data;
        }
        else if (register == 0)
        {
            _output.Append((char)data);
        }
        else
        {
            _registers[register] = data;
        }
    }
}
