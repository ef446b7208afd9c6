namespace Baton.Proofs.Devices;

/// <summary>Port 0x80: the codes by which firmware says how far it is, and by which kernels wait a microsecond.</summary>
public sealed class PostCodes : IPortDevice
{
    private const ushort Port = 0x80;

    private readonly List<byte> _codes = [];

    /// <summary>What was written, in order.</summary>
    public IReadOnlyList<byte> Codes => _codes;

    public bool Answers(ushort port) => port == Port;

    public uint Read(ushort port, int size) => _codes.Count > 0 ? _codes[^1] : 0U;

    public void Write(ushort port, int size, uint value) => _codes.Add((byte)(value & 0xFF));
}
