namespace Baton.Trampolines;

/// <summary>Memory at a register, with an offset in bytes, as loads and stores name it.</summary>
public readonly record struct Arm64Memory
{
    private Arm64Memory(Form kind, RegX register, int offset) =>
        (Kind, Base, Offset) = (kind, register, offset);

    internal enum Form
    {
        /// <summary>The register stays what it is.</summary>
        Offset,

        /// <summary>The address is the register; the offset is added to it after the access.</summary>
        PostIndex,

        /// <summary>The offset is added to the register, which is the address then.</summary>
        PreIndex,
    }

    /// <summary>The register that holds the address.</summary>
    public RegX Base { get; }

    /// <summary>Bytes, signed.</summary>
    public int Offset { get; }

    internal Form Kind { get; }

    /// <summary>Memory at a register and an offset.</summary>
    public static Arm64Memory At(RegX register, int offset = 0) => new(Form.Offset, register, offset);

    /// <summary>Memory at a register, to which <paramref name="step"/> is added afterwards; -256 to 255.</summary>
    public static Arm64Memory AtThenAdd(RegX register, int step) => new(Form.PostIndex, register, step);

    /// <summary>Memory at a register to which <paramref name="step"/> is added before; -256 to 255.</summary>
    public static Arm64Memory AddThenAt(RegX register, int step) => new(Form.PreIndex, register, step);

    public override string ToString() => Kind switch
    {
        Form.PostIndex => $"[{Base}], #{Offset}",
        Form.PreIndex => $"[{Base}, #{Offset}]!",
        _ => $"[{Base}, #{Offset}]",
    };
}
