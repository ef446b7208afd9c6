namespace Baton.Trampolines;

/// <summary>A control register.</summary>
public readonly record struct ControlRegister
{
    // Numbered without the gap that CR1 leaves, so that no value is a register that does not exist.
    private readonly byte _index;

    private ControlRegister(byte index) => _index = index;

    /// <summary>Mode and cache switches: see <see cref="Cr0Bits"/>.</summary>
    public static ControlRegister Cr0 => new(0);

    /// <summary>The address of the last page fault.</summary>
    public static ControlRegister Cr2 => new(1);

    /// <summary>The physical address of the root page table.</summary>
    public static ControlRegister Cr3 => new(2);

    /// <summary>Feature switches: see <see cref="Cr4Bits"/>.</summary>
    public static ControlRegister Cr4 => new(3);

    /// <summary>All of them, in the order of their numbers.</summary>
    public static IReadOnlyList<ControlRegister> All { get; } = [Cr0, Cr2, Cr3, Cr4];

    /// <summary>The number that instructions hold: 0, 2, 3 or 4.</summary>
    public byte Number => _index == 0 ? (byte)0 : (byte)(_index + 1);

    public override string ToString() => $"cr{Number}";
}
