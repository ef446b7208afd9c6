namespace Baton.Proofs.Devices;

/// <summary>Something that answers at I/O ports.</summary>
public interface IPortDevice
{
    /// <summary>Whether the device answers at a port.</summary>
    bool Answers(ushort port);

    /// <summary>Reads 1, 2 or 4 bytes.</summary>
    uint Read(ushort port, int size);

    /// <summary>Writes 1, 2 or 4 bytes.</summary>
    void Write(ushort port, int size, uint value);
}
