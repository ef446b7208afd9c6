namespace Baton.Proofs.X64;

/// <content>DR0 to DR7, which hold what is written and break nowhere.</content>
public sealed partial class X64Processor
{
    private readonly ulong[] _debug = [0, 0, 0, 0, 0, 0, 0xFFFF_0FF0, 0x400];

    private void MovFromDebug(DecodedInstruction op)
    {
        RequirePrivilege0(op);
        Write(op.A, op, _debug[DebugNumber(op.B.Register)]);
    }

    private void MovToDebug(DecodedInstruction op)
    {
        RequirePrivilege0(op);
        int number = DebugNumber(op.A.Register);
        ulong value = Read(op.B, op);
        if (number >= 6 && value > uint.MaxValue)
        {
            throw GeneralProtection(0, $"DR{number} = 0x{value:x}: the upper half is not zero");
        }

        if (number == 7 && (value & 0xFF) != 0)
        {
            throw NotSimulated($"DR7 = 0x{value:x}: breakpoints are not simulated");
        }

        _debug[number] = number switch
        {
            6 => (value & 0xE00F) | 0xFFFF_0FF0,
            7 => (value & 0xFFFF_2FFF) | 0x400,
            _ => value,
        };
    }

    private int DebugNumber(int register) => register switch
    {
        4 or 5 when (_cr4 & X64Cr4.DE) != 0 => throw InvalidOpcode($"DR{register} does not exist while CR4.DE is set"),
        4 or 5 => register + 2,
        < 8 => register,
        _ => throw InvalidOpcode($"there is no DR{register}"),
    };
}
