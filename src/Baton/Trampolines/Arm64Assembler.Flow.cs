namespace Baton.Trampolines;

/// <content>Branches, calls of other exception levels, and what stops the processor.</content>
public sealed partial class Arm64Assembler
{
    /// <summary>Branches by at most 128 MiB.</summary>
    public void B(Label target) => Emit(0x1400_0000, Reference.Words26, target);

    /// <summary>Branches by at most 1 MiB if the condition holds.</summary>
    public void B(Arm64Condition condition, Label target) =>
        Emit(0x5400_0000 | Ranged((int)condition, 0, 13, nameof(condition)), Reference.Words19, target);

    /// <summary>Branches by at most 128 MiB and leaves the next instruction's address in x30.</summary>
    public void Bl(Label target) => Emit(0x9400_0000, Reference.Words26, target);

    /// <summary>Branches to the address in a register.</summary>
    public void Br(RegX target) => Emit(0xD61F_0000 | (OrZero(target) << 5));

    /// <summary>Branches to the address in a register and leaves the next instruction's address in x30.</summary>
    public void Blr(RegX target) => Emit(0xD63F_0000 | (OrZero(target) << 5));

    /// <summary>Returns to the address in x30.</summary>
    public void Ret() => Emit(0xD65F_03C0);

    /// <summary>Branches by at most 1 MiB if the register is zero.</summary>
    public void Cbz(RegX register, Label target) => Emit(0xB400_0000 | OrZero(register), Reference.Words19, target);

    /// <summary>Branches by at most 1 MiB if the register is not zero.</summary>
    public void Cbnz(RegX register, Label target) => Emit(0xB500_0000 | OrZero(register), Reference.Words19, target);

    /// <summary>Branches by at most 1 MiB if the register is zero.</summary>
    public void Cbz(RegW register, Label target) => Emit(0x3400_0000U | register.Number, Reference.Words19, target);

    /// <summary>Branches by at most 1 MiB if the register is not zero.</summary>
    public void Cbnz(RegW register, Label target) => Emit(0x3500_0000U | register.Number, Reference.Words19, target);

    /// <summary>Branches by at most 32 KiB if a bit, 0 to 63, is clear.</summary>
    public void Tbz(RegX register, int bit, Label target) =>
        Emit(0x3600_0000 | TestedBit(bit) | OrZero(register), Reference.Words14, target);

    /// <summary>Branches by at most 32 KiB if a bit, 0 to 63, is set.</summary>
    public void Tbnz(RegX register, int bit, Label target) =>
        Emit(0x3700_0000 | TestedBit(bit) | OrZero(register), Reference.Words14, target);

    /// <summary>Calls EL1: a system call, whose number is in x8.</summary>
    public void Svc(ushort value) => Emit(0xD400_0001 | ((uint)value << 5));

    /// <summary>Calls EL2.</summary>
    public void Hvc(ushort value) => Emit(0xD400_0002 | ((uint)value << 5));

    /// <summary>Calls EL3.</summary>
    public void Smc(ushort value) => Emit(0xD400_0003 | ((uint)value << 5));

    /// <summary>Breakpoint.</summary>
    public void Brk(ushort value) => Emit(0xD420_0000 | ((uint)value << 5));

    /// <summary>Returns from an exception.</summary>
    public void Eret() => Emit(0xD69F_03E0);

    /// <summary>Does nothing.</summary>
    public void Nop() => Emit(0xD503_201F);

    /// <summary>Tells the processor that this is a loop that waits.</summary>
    public void Yield() => Emit(0xD503_203F);

    /// <summary>Waits for an event.</summary>
    public void Wfe() => Emit(0xD503_205F);

    /// <summary>Waits for an interrupt.</summary>
    public void Wfi() => Emit(0xD503_207F);

    private static uint TestedBit(int bit)
    {
        uint number = Ranged(bit, 0, 63, nameof(bit));
        return ((number >> 5) << 31) | ((number & 31) << 19);
    }
}
