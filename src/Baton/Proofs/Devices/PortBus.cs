namespace Baton.Proofs.Devices;

/// <summary>Devices one behind the other: the first that answers at a port gets the access.</summary>
public sealed class PortBus(params IReadOnlyList<IPortDevice> devices) : IPortDevice
{
    public bool Answers(ushort port) => Find(port) is not null;

    public uint Read(ushort port, int size) => Find(port)?.Read(port, size) ?? uint.MaxValue;

    public void Write(ushort port, int size, uint value) => Find(port)?.Write(port, size, value);

    private IPortDevice? Find(ushort port)
    {
        foreach (IPortDevice device in devices)
        {
            if (device.Answers(port))
            {
                return device;
            }
        }

        return null;
    }
}
