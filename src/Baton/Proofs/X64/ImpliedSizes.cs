using Iced.Intel;

namespace Baton.Proofs.X64;

/// <summary>Sizes that an instruction's opcode implies and none of its operands shows, in bytes; 0 where there is none.</summary>
internal static class ImpliedSizes
{
    /// <summary>What is moved between the stack or memory and a register pair.</summary>
    public static int Operand(Code code) => code switch
    {
        Code.Retnw or Code.Retnw_imm16 or Code.Retfw or Code.Retfw_imm16 or Code.Iretw or Code.Enterw_imm16_imm8
            or Code.Leavew or Code.Call_m1616 or Code.Jmp_m1616
            or Code.Lgdt_m1632_16 or Code.Lidt_m1632_16 or Code.Sgdt_m1632_16 or Code.Sidt_m1632_16 => 2,
        Code.Retnd or Code.Retnd_imm16 or Code.Retfd or Code.Retfd_imm16 or Code.Iretd or Code.Enterd_imm16_imm8
            or Code.Leaved or Code.Call_m1632 or Code.Jmp_m1632
            or Code.Lgdt_m1632 or Code.Lidt_m1632 or Code.Sgdt_m1632 or Code.Sidt_m1632 => 4,
        Code.Retnq or Code.Retnq_imm16 or Code.Retfq or Code.Retfq_imm16 or Code.Iretq or Code.Enterq_imm16_imm8
            or Code.Leaveq or Code.Call_m1664 or Code.Jmp_m1664
            or Code.Lgdt_m1664 or Code.Lidt_m1664 or Code.Sgdt_m1664 or Code.Sidt_m1664 => 8,
        _ => 0,
    };

    /// <summary>The width that cbw and its like extend to, or that cwd and its like extend from.</summary>
    public static int Extension(Code code) => code switch
    {
        Code.Cbw or Code.Cwd => 2,
        Code.Cwde or Code.Cdq => 4,
        Code.Cdqe or Code.Cqo => 8,
        _ => 0,
    };

    /// <summary>The counter of loop and jcxz, and the pointer of xlat.</summary>
    public static int Address(in Instruction instruction) => instruction.Code switch
    {
        Code.Jcxz_rel8_16 or Code.Jcxz_rel8_32 or Code.Loop_rel8_16_CX or Code.Loop_rel8_32_CX or Code.Loope_rel8_16_CX
            or Code.Loope_rel8_32_CX or Code.Loopne_rel8_16_CX or Code.Loopne_rel8_32_CX => 2,
        Code.Jecxz_rel8_16 or Code.Jecxz_rel8_32 or Code.Jecxz_rel8_64 or Code.Loop_rel8_16_ECX or Code.Loop_rel8_32_ECX
            or Code.Loop_rel8_64_ECX or Code.Loope_rel8_16_ECX or Code.Loope_rel8_32_ECX or Code.Loope_rel8_64_ECX
            or Code.Loopne_rel8_16_ECX or Code.Loopne_rel8_32_ECX or Code.Loopne_rel8_64_ECX => 4,
        Code.Jrcxz_rel8_16 or Code.Jrcxz_rel8_64 or Code.Loop_rel8_16_RCX or Code.Loop_rel8_64_RCX or Code.Loope_rel8_16_RCX
            or Code.Loope_rel8_64_RCX or Code.Loopne_rel8_16_RCX or Code.Loopne_rel8_64_RCX => 8,
        _ => 0,
    };
}
