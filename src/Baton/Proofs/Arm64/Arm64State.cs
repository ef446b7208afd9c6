using System.Globalization;
using System.Text;

namespace Baton.Proofs.Arm64;

/// <summary>The registers of the processor at one moment.</summary>
/// <param name="X">x0 to x30.</param>
/// <param name="Sp">The stack pointer in use.</param>
/// <param name="ProgramCounter">The address of the next instruction.</param>
/// <param name="Pstate">As SPSR_ELx would hold it: NZCV in bits 31 to 28, DAIF in 9 to 6, level and stack in 3 to 0.</param>
public sealed record Arm64State(IReadOnlyList<ulong> X, ulong Sp, ulong ProgramCounter, uint Pstate)
{
    /// <summary>1 or 2.</summary>
    public int ExceptionLevel => (int)(Pstate >> 2 & 3);

    /// <summary>The registers, four a line.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(
            CultureInfo.InvariantCulture, $"pc {ProgramCounter:x16}  sp {Sp:x16}  EL{ExceptionLevel}  pstate {Pstate:x8}");
        for (int i = 0; i < X.Count; i++)
        {
            text.Append(i % 4 == 0 ? "\n" : "  ").Append(CultureInfo.InvariantCulture, $"{"x" + i,-3} {X[i]:x16}");
        }

        return text.ToString();
    }
}
