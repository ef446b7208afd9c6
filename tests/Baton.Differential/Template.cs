namespace Baton.Differential;

/// <summary>A kind of instruction: encodings, operands, where it exists, what it leaves undefined.</summary>
public sealed record Template
{
    /// <summary>What reports call it.</summary>
    public required string Name { get; init; }

    /// <summary>The opcodes, each with its mandatory prefix in front.</summary>
    public required IReadOnlyList<byte[]> Opcodes { get; init; }

    /// <summary>Operand words behind the ModRM byte: i8, i16, iz, iv, moffs, rel8, relz, ptr.</summary>
    public required IReadOnlyList<string> Immediates { get; init; }

    /// <summary>The ModRM byte, if there is one: rm, m or r.</summary>
    public string? ModRm { get; init; }

    /// <summary>The digits that its middle field may have.</summary>
    public (int First, int Last) Digits { get; init; } = (0, 7);

    /// <summary>The word for the modes.</summary>
    public required string Modes { get; init; }

    /// <summary>Flags that are undefined whatever the operands.</summary>
    public ulong UndefinedFlags { get; init; }

    /// <summary>shift, rotate or shiftd, when what is undefined depends on the count.</summary>
    public string? CountRule { get; init; }

    /// <summary>What the generator must know.</summary>
    public required IReadOnlySet<string> Traits { get; init; }

    /// <summary>Whether it has a trait.</summary>
    public bool Is(string trait) => Traits.Contains(trait);

    /// <summary>Whether it is generated in a mode.</summary>
    public bool AppliesTo(ExecutionMode mode)
    {
        ArgumentNullException.ThrowIfNull(mode);
        return Modes switch
        {
            "all" => true,
            "legacy" => !mode.Is64,
            "64" => mode.Is64,
            "long" => mode.IsLong,
            "real" => mode.IsReal,
            "protected" => !mode.IsReal,
            _ => throw new FormatException($"{Name}: no modes are called {Modes}"),
        };
    }
}
