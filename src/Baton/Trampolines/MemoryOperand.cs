namespace Baton.Trampolines;

/// <summary>A memory operand: a register plus a displacement, an address, or a label.</summary>
public readonly record struct MemoryOperand
{
    private MemoryOperand(Form form, byte register, int displacement, Label? label)
    {
        Kind = form;
        Register = register;
        Displacement = displacement;
        Target = label;
    }

    internal enum Form
    {
        Base64,
        Base32,
        Absolute,
        Label,
    }

    internal Form Kind { get; }

    internal byte Register { get; }

    /// <summary>Bytes, signed; for an absolute address its 32 bits.</summary>
    internal int Displacement { get; }

    internal Label? Target { get; }

    /// <summary><c>[register + displacement]</c> in 64-bit mode.</summary>
    public static MemoryOperand At(Reg64 register, int displacement = 0) =>
        new(Form.Base64, register.Number, displacement, null);

    /// <summary><c>[register + displacement]</c> in 32-bit mode.</summary>
    public static MemoryOperand At(Reg32 register, int displacement = 0) =>
        new(Form.Base32, register.Number, displacement, null);

    /// <summary>A fixed address. In 64-bit mode it must lie below 2 GiB: the processor extends its sign.</summary>
    public static MemoryOperand At(uint address) => new(Form.Absolute, 0, unchecked((int)address), null);

    /// <summary>A label: relative to RIP in 64-bit mode, an address from the code's origin in 32-bit mode.</summary>
    public static MemoryOperand At(Label label) => new(Form.Label, 0, 0, label);
}
