namespace Baton.Trampolines;

/// <content>Addresses between the instructions.</content>
public sealed partial class Arm64Assembler
{
    /// <summary>Writes the address of a label, by the origin, in 8 bytes.</summary>
    public void Data64(Label label)
    {
        CheckOwner(label);
        _fixups.Add(new Fixup(Reference.Absolute64, label, Offset));
        Data64(0);
    }
}
