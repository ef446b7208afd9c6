namespace Baton.Trampolines;

/// <summary>A place in the code of one assembler; made by it, and bound by it once.</summary>
public sealed class Label
{
    internal Label(Assembler owner, string name)
    {
        Owner = owner;
        Name = name;
    }

    /// <summary>For errors and listings.</summary>
    public string Name { get; }

    /// <summary>Bytes from the start of the code; null until it is bound.</summary>
    public int? Offset { get; internal set; }

    internal Assembler Owner { get; }

    public override string ToString() => Name;
}
