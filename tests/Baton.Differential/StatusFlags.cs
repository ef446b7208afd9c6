namespace Baton.Differential;

/// <summary>Bits of RFLAGS.</summary>
public static class StatusFlags
{
    public const ulong Carry = 1 << 0;
    public const ulong Parity = 1 << 2;
    public const ulong Adjust = 1 << 4;
    public const ulong Zero = 1 << 6;
    public const ulong Sign = 1 << 7;
    public const ulong Trap = 1 << 8;
    public const ulong Interrupt = 1 << 9;
    public const ulong Direction = 1 << 10;
    public const ulong Overflow = 1 << 11;
    public const ulong PrivilegeLevel = 3 << 12;
    public const ulong NestedTask = 1 << 14;
    public const ulong Resume = 1 << 16;
    public const ulong Virtual8086 = 1 << 17;
    public const ulong AlignmentCheck = 1 << 18;
    public const ulong Identification = 1 << 21;

    /// <summary>What cases set at random.</summary>
    public const ulong Random = Carry | Parity | Adjust | Zero | Sign | Interrupt | Overflow | PrivilegeLevel
        | AlignmentCheck | Identification;

    /// <summary>A flag by its manual's name.</summary>
    public static ulong Parse(string name) => name switch
    {
        "CF" => Carry,
        "PF" => Parity,
        "AF" => Adjust,
        "ZF" => Zero,
        "SF" => Sign,
        "OF" => Overflow,
        _ => throw new FormatException($"no flag is called {name}"),
    };

    /// <summary>What a rotate, shift or double shift leaves undefined; null when even its result is.</summary>
    /// <param name="rule">rotate, shift or shiftd.</param>
    /// <param name="digit">The ModRM digit: 4 to 6 shift without the sign.</param>
    /// <param name="count">The count as the processor masks it.</param>
    /// <param name="size">Bits of the operand.</param>
    public static ulong? UndefinedByCount(string rule, int digit, int count, int size)
    {
        ulong overflow = count > 1 ? Overflow : 0;
        if (count == 0)
        {
            return 0;
        }

        return rule switch
        {
            "rotate" => overflow,
            "shift" => overflow | Adjust | (count >= size && digit != 7 ? Carry : 0),
            "shiftd" => count > size ? null : overflow | Adjust,
            _ => throw new FormatException($"no rule is called {rule}"),
        };
    }
}
