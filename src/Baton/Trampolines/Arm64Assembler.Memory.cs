namespace Baton.Trampolines;

/// <content>
/// Loads and stores. An offset that is a multiple of the access and fits in 12 bits takes the scaled form, another one of
/// -256 to 255 the unscaled (<c>ldur</c>).
/// </content>
public sealed partial class Arm64Assembler
{
    private const uint Load = 1U << 22;

    /// <summary>Loads the 8 bytes at a label, at most 1 MiB away.</summary>
    public void Ldr(RegX to, Label literal) => Emit(0x5800_0000 | OrZero(to), Reference.Words19, literal);

    /// <summary>Loads the 4 bytes at a label, at most 1 MiB away.</summary>
    public void Ldr(RegW to, Label literal) => Emit(0x1800_0000U | to.Number, Reference.Words19, literal);

    /// <summary>Loads 8 bytes.</summary>
    public void Ldr(RegX to, Arm64Memory from) => Access(3, Load, OrZero(to), from);

    /// <summary>Stores 8 bytes.</summary>
    public void Str(RegX from, Arm64Memory to) => Access(3, 0, OrZero(from), to);

    /// <summary>Loads 4 bytes.</summary>
    public void Ldr(RegW to, Arm64Memory from) => Access(2, Load, to.Number, from);

    /// <summary>Stores 4 bytes.</summary>
    public void Str(RegW from, Arm64Memory to) => Access(2, 0, from.Number, to);

    /// <summary>Loads a byte.</summary>
    public void Ldrb(RegW to, Arm64Memory from) => Access(0, Load, to.Number, from);

    /// <summary>Stores a byte.</summary>
    public void Strb(RegW from, Arm64Memory to) => Access(0, 0, from.Number, to);

    /// <summary>Loads two registers from 16 bytes; offsets are multiples of 8, -512 to 504.</summary>
    public void Ldp(RegX first, RegX second, Arm64Memory from)
    {
        if (first == second)
        {
            throw new ArgumentException($"ldp cannot load {first} twice", nameof(second));
        }

        AccessPair(Load, first, second, from);
    }

    /// <summary>Stores two registers in 16 bytes; offsets are multiples of 8, -512 to 504.</summary>
    public void Stp(RegX first, RegX second, Arm64Memory to) => AccessPair(0, first, second, to);

    private static void CheckWriteBack(uint register, Arm64Memory memory)
    {
        if (memory.Kind != Arm64Memory.Form.Offset && register == memory.Base.Number && !memory.Base.IsSp)
        {
            throw new ArgumentException(
                $"the register and the base that is written back are both {memory.Base}", nameof(memory));
        }
    }

    private void Access(int logarithm, uint load, uint register, Arm64Memory memory)
    {
        CheckWriteBack(register, memory);
        uint opcode = ((uint)logarithm << 30) | 0x3800_0000 | load | (OrStack(memory.Base) << 5) | register;
        int size = 1 << logarithm;
        if (memory.Kind == Arm64Memory.Form.Offset && memory.Offset >= 0
            && memory.Offset % size == 0 && memory.Offset / size < 0x1000)
        {
            Emit(opcode | 0x0100_0000 | ((uint)(memory.Offset / size) << 10));
            return;
        }

        uint form = memory.Kind switch
        {
            Arm64Memory.Form.PostIndex => 1U << 10,
            Arm64Memory.Form.PreIndex => 3U << 10,
            _ => 0,
        };
        Emit(opcode | form | ((Ranged(memory.Offset, -256, 255, nameof(memory)) & 0x1ff) << 12));
    }

    private void AccessPair(uint load, RegX first, RegX second, Arm64Memory memory)
    {
        CheckWriteBack(OrZero(first), memory);
        CheckWriteBack(OrZero(second), memory);
        if (memory.Offset % 8 != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(memory), memory.Offset, "not a multiple of 8");
        }

        uint form = memory.Kind switch
        {
            Arm64Memory.Form.PostIndex => 1U << 23,
            Arm64Memory.Form.PreIndex => 3U << 23,
            _ => 2U << 23,
        };
        uint offset = (Ranged(memory.Offset / 8, -64, 63, nameof(memory)) & 0x7f) << 15;
        Emit(0xA800_0000 | form | load | offset | (OrZero(second) << 10) | (OrStack(memory.Base) << 5) | OrZero(first));
    }
}
