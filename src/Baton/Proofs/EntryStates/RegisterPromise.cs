using System.Globalization;

namespace Baton.Proofs.EntryStates;

/// <summary>
/// What is known of one register at the entry of a kexec image: the bits in <see cref="Mask"/> are those of
/// <see cref="Value"/>, and all others may be anything.
/// </summary>
public sealed record RegisterPromise
{
    /// <param name="name">The architecture's name in lower case: <c>rax</c>, <c>gdtr_limit</c>, <c>sctlr_el2</c>.</param>
    /// <param name="mask">The bits that are known; 0 for none.</param>
    /// <param name="value">Their value; 0 in all other bits.</param>
    /// <param name="source">The document or the kernel's file that promises it, or why nothing is promised.</param>
    /// <exception cref="ArgumentException">The value has bits outside of the mask.</exception>
    public RegisterPromise(string name, ulong mask, ulong value, string source)
    {
        if ((value & ~mask) != 0)
        {
            throw new ArgumentException($"{name}: the value 0x{value:x} has bits outside of the mask 0x{mask:x}", nameof(value));
        }

        Name = name;
        Mask = mask;
        Value = value;
        Source = source;
    }

    /// <summary>The architecture's name in lower case.</summary>
    public string Name { get; }

    /// <summary>The bits that are known.</summary>
    public ulong Mask { get; }

    /// <summary>The value of the known bits; 0 in all others.</summary>
    public ulong Value { get; }

    /// <summary>The document or the kernel's file that promises it, or why nothing is promised.</summary>
    public string Source { get; }

    /// <summary>Whether every bit is known.</summary>
    public bool IsComplete => Mask == ulong.MaxValue;

    /// <summary>Whether a register's content is within the promise.</summary>
    public bool IsKeptBy(ulong content) => (content & Mask) == Value;

    /// <summary>A content within the promise, whose unknown bits are those of <paramref name="garbage"/>.</summary>
    public ulong Fill(ulong garbage) => Value | (garbage & ~Mask);

    /// <summary>Formats as <c>cr4 &amp; 0xffffffffffffffbf = 0x20</c>; a register without promise as <c>cr2 = any</c>.</summary>
    public override string ToString() => Mask switch
    {
        0 => $"{Name} = any",
        ulong.MaxValue => string.Create(CultureInfo.InvariantCulture, $"{Name} = 0x{Value:x}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Name} & 0x{Mask:x} = 0x{Value:x}"),
    };

    /// <summary>The whole register is known.</summary>
    internal static RegisterPromise Exactly(string name, ulong value, string source) =>
        new(name, ulong.MaxValue, value, source);

    /// <summary>Nothing is known of the register.</summary>
    internal static RegisterPromise Nothing(string name, string source) => new(name, 0, 0, source);
}
