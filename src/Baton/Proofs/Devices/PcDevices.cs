namespace Baton.Proofs.Devices;

/// <summary>What a PC has at its ports, as far as boot code talks to it.</summary>
public sealed class PcDevices : IPortDevice
{
    private readonly PortBus _bus;

    public PcDevices()
    {
        Keyboard = new KeyboardController(Gate);
        _bus = new PortBus(Serial, PostCodes, InterruptControllers, Keyboard, Clock, Timer);
    }

    /// <summary>Address line 20; connect it with the processor's.</summary>
    public A20Gate Gate { get; } = new();

    /// <summary>The first serial port.</summary>
    public Uart8250 Serial { get; } = new();

    public PostCodes PostCodes { get; } = new();

    public Pic8259 InterruptControllers { get; } = new();

    public KeyboardController Keyboard { get; }

    public CmosClock Clock { get; } = new();

    public Pit8254 Timer { get; } = new();

    public bool Answers(ushort port) => _bus.Answers(port);

    public uint Read(ushort port, int size) => _bus.Read(port, size);

    public void Write(ushort port, int size, uint value) => _bus.Write(port, size, value);
}
