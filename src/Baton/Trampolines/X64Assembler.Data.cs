namespace Baton.Trampolines;

/// <content>Addresses between the instructions.</content>
public sealed partial class X64Assembler
{
    /// <summary>Writes the address of a label in 4 bytes; it must lie below 4 GiB.</summary>
    public void Data32(Label label) => EmitReference(Reference.Absolute32, label);

    /// <summary>Writes the address of a label in 8 bytes.</summary>
    public void Data64(Label label) => EmitReference(Reference.Absolute64, label);
}
