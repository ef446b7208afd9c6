using Iced.Intel;

namespace Baton.Proofs.X64;

/// <content>Which method carries an instruction out.</content>
public sealed partial class X64Processor
{
    private const int LoopWhileZero = 4;
    private const int LoopWhileNotZero = 5;

    /// <summary>The method for an instruction; null for one that is not simulated.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="isGuarded">Whether it may fail when it has changed registers already.</param>
    internal Handler? HandlerFor(in Instruction instruction, out bool isGuarded)
    {
        isGuarded = false;
        if (instruction.IsStringInstruction && StringHandler(instruction) is { } text)
        {
            return text;
        }

        if (GuardedHandler(instruction) is { } guarded)
        {
            isGuarded = true;
            return guarded;
        }

        return instruction.Mnemonic == Mnemonic.Mov ? MoveHandler(instruction)
            : ArithmeticHandler(instruction.Mnemonic) ?? MoveAndBranchHandler(instruction)
            ?? BitHandler(instruction.Mnemonic) ?? SystemHandler(instruction.Mnemonic);
    }

    /// <summary>The method of xchg, for a form of it that the decoder takes for another instruction.</summary>
    internal Handler Exchange => Xchg;

    private Handler? StringHandler(in Instruction instruction) => instruction.Code switch
    {
        Code.Movsb_m8_m8 or Code.Movsw_m16_m16 or Code.Movsd_m32_m32 or Code.Movsq_m64_m64 => Movs,
        Code.Stosb_m8_AL or Code.Stosw_m16_AX or Code.Stosd_m32_EAX or Code.Stosq_m64_RAX => Stos,
        Code.Lodsb_AL_m8 or Code.Lodsw_AX_m16 or Code.Lodsd_EAX_m32 or Code.Lodsq_RAX_m64 => Lods,
        Code.Cmpsb_m8_m8 or Code.Cmpsw_m16_m16 or Code.Cmpsd_m32_m32 or Code.Cmpsq_m64_m64 => Cmps,
        Code.Scasb_AL_m8 or Code.Scasw_AX_m16 or Code.Scasd_EAX_m32 or Code.Scasq_RAX_m64 => Scas,
        Code.Insb_m8_DX or Code.Insw_m16_DX or Code.Insd_m32_DX => Ins,
        Code.Outsb_DX_m8 or Code.Outsw_DX_m16 or Code.Outsd_DX_m32 => Outs,
        _ => null,
    };

    private Handler? GuardedHandler(in Instruction instruction) => instruction.Mnemonic switch
    {
        Mnemonic.Jmp when IsFar(instruction.Code) => JmpFar,
        Mnemonic.Call when IsFar(instruction.Code) => CallFar,
        Mnemonic.Retf => RetFar,
        Mnemonic.Iret or Mnemonic.Iretd or Mnemonic.Iretq => Iret,
        Mnemonic.Int => Int,
        Mnemonic.Int3 => Int3,
        Mnemonic.Int1 => Int1,
        Mnemonic.Into => Into,
        Mnemonic.Pusha or Mnemonic.Pushad => Pusha,
        Mnemonic.Popa or Mnemonic.Popad => Popa,
        Mnemonic.Enter => Enter,
        Mnemonic.Pop when instruction.Op0Register.IsSegmentRegister() => PopSegment,
        Mnemonic.Cmpxchg8b or Mnemonic.Cmpxchg16b => CmpxchgPair,
        _ => null,
    };

    private static bool IsFar(Code code) => code is
        Code.Jmp_ptr1616 or Code.Jmp_ptr1632 or Code.Jmp_m1616 or Code.Jmp_m1632 or Code.Jmp_m1664
        or Code.Call_ptr1616 or Code.Call_ptr1632 or Code.Call_m1616 or Code.Call_m1632 or Code.Call_m1664;

    private Handler MoveHandler(in Instruction instruction)
    {
        Register to = instruction.Op0Register;
        Register from = instruction.Op1Register;
        bool isMemory = instruction.Op0Kind == OpKind.Memory || instruction.Op1Kind == OpKind.Memory;
        return to.IsSegmentRegister() ? MovToSegment
            : from.IsSegmentRegister() ? MovFromSegment
            : to is >= Register.CR0 and <= Register.CR15 ? MovToControl
            : from is >= Register.CR0 and <= Register.CR15 ? MovFromControl
            : to is >= Register.DR0 and <= Register.DR15 ? MovToDebug
            : from is >= Register.DR0 and <= Register.DR15 ? MovFromDebug
            : isMemory && instruction.Op1Kind == OpKind.Register ? MovToMemory
            : isMemory && instruction.Op0Kind == OpKind.Register ? MovFromMemory
            : !isMemory && instruction.Op1Kind == OpKind.Register ? MovRegisterToRegister
            : Mov;
    }

    private Handler? ArithmeticHandler(Mnemonic mnemonic) => mnemonic switch
    {
        Mnemonic.Add => Add,
        Mnemonic.Adc => Adc,
        Mnemonic.Sub => Sub,
        Mnemonic.Sbb => Sbb,
        Mnemonic.Cmp => Cmp,
        Mnemonic.And => And,
        Mnemonic.Or => Or,
        Mnemonic.Xor => Xor,
        Mnemonic.Test => Test,
        Mnemonic.Inc => Inc,
        Mnemonic.Dec => Dec,
        Mnemonic.Neg => Neg,
        Mnemonic.Not => Not,
        Mnemonic.Xadd => Xadd,
        Mnemonic.Cmpxchg => Cmpxchg,
        Mnemonic.Adcx => Adcx,
        Mnemonic.Adox => Adox,
        Mnemonic.Mul => Mul,
        Mnemonic.Imul => Imul,
        Mnemonic.Div => Div,
        Mnemonic.Idiv => Idiv,
        Mnemonic.Mulx => Mulx,
        Mnemonic.Shl or Mnemonic.Sal => Shl,
        Mnemonic.Shr => Shr,
        Mnemonic.Sar => Sar,
        Mnemonic.Rol => Rol,
        Mnemonic.Ror => Ror,
        Mnemonic.Rcl => Rcl,
        Mnemonic.Rcr => Rcr,
        Mnemonic.Shld => Shld,
        Mnemonic.Shrd => Shrd,
        Mnemonic.Daa => Daa,
        Mnemonic.Das => Das,
        Mnemonic.Aaa => Aaa,
        Mnemonic.Aas => Aas,
        Mnemonic.Aam => Aam,
        Mnemonic.Aad => Aad,
        _ => null,
    };

    private Handler? MoveAndBranchHandler(in Instruction instruction)
    {
        bool isIndirect = instruction.Op0Kind is OpKind.Register or OpKind.Memory;
        return instruction.Mnemonic switch
        {
            Mnemonic.Movzx => Mov,
            Mnemonic.Movsx or Mnemonic.Movsxd => Movsx,
            Mnemonic.Lea => Lea,
            Mnemonic.Xchg => Xchg,
            Mnemonic.Bswap => Bswap,
            Mnemonic.Movbe => Movbe,
            Mnemonic.Xlatb => Xlatb,
            Mnemonic.Cbw or Mnemonic.Cwde or Mnemonic.Cdqe => ExtendRax,
            Mnemonic.Cwd or Mnemonic.Cdq or Mnemonic.Cqo => ExtendToRdx,
            Mnemonic.Lds => Lds,
            Mnemonic.Les => Les,
            Mnemonic.Lfs => Lfs,
            Mnemonic.Lgs => Lgs,
            Mnemonic.Lss => Lss,
            Mnemonic.Lahf => Lahf,
            Mnemonic.Sahf => Sahf,
            Mnemonic.Clc => Clc,
            Mnemonic.Stc => Stc,
            Mnemonic.Cmc => Cmc,
            Mnemonic.Cld => Cld,
            Mnemonic.Std => Std,
            Mnemonic.Push when instruction.Op0Register.IsSegmentRegister() => PushSegment,
            Mnemonic.Push => Push,
            Mnemonic.Pop => Pop,
            Mnemonic.Pushf or Mnemonic.Pushfd or Mnemonic.Pushfq => Pushf,
            Mnemonic.Popf or Mnemonic.Popfd or Mnemonic.Popfq => Popf,
            Mnemonic.Leave => Leave,
            Mnemonic.Jmp => isIndirect ? JmpIndirect : Jmp,
            Mnemonic.Call => isIndirect ? CallIndirect : Call,
            Mnemonic.Ret => Ret,
            Mnemonic.Jcxz or Mnemonic.Jecxz or Mnemonic.Jrcxz => Jcxz,
            Mnemonic.Loop or Mnemonic.Loope or Mnemonic.Loopne => Loop,
            _ when instruction.IsJccShortOrNear => Jcc,
            _ => instruction.Code switch
            {
                >= Code.Seto_rm8 and <= Code.Setg_rm8 => Setcc,
                >= Code.Cmovo_r16_rm16 and <= Code.Cmovg_r64_rm64 => Cmov,
                _ => null,
            },
        };
    }

    private Handler? BitHandler(Mnemonic mnemonic) => mnemonic switch
    {
        Mnemonic.Bt => Bt,
        Mnemonic.Bts => Bts,
        Mnemonic.Btr => Btr,
        Mnemonic.Btc => Btc,
        Mnemonic.Bsf => Bsf,
        Mnemonic.Bsr => Bsr,
        Mnemonic.Tzcnt => Tzcnt,
        Mnemonic.Lzcnt => Lzcnt,
        Mnemonic.Popcnt => Popcnt,
        Mnemonic.Andn => Andn,
        Mnemonic.Blsr => Blsr,
        Mnemonic.Blsmsk => Blsmsk,
        Mnemonic.Blsi => Blsi,
        Mnemonic.Bzhi => Bzhi,
        Mnemonic.Bextr => Bextr,
        Mnemonic.Pdep => Pdep,
        Mnemonic.Pext => Pext,
        Mnemonic.Rorx => Rorx,
        Mnemonic.Shlx => Shlx,
        Mnemonic.Shrx => Shrx,
        Mnemonic.Sarx => Sarx,
        _ => null,
    };

    private Handler? SystemHandler(Mnemonic mnemonic) => mnemonic switch
    {
        Mnemonic.Nop or Mnemonic.Pause or Mnemonic.Endbr32 or Mnemonic.Endbr64 or Mnemonic.Lfence or Mnemonic.Mfence
            or Mnemonic.Sfence or Mnemonic.Prefetch or Mnemonic.Prefetchw or Mnemonic.Prefetcht0 or Mnemonic.Prefetcht1
            or Mnemonic.Prefetcht2 or Mnemonic.Prefetchnta or Mnemonic.Reservednop or Mnemonic.Serialize => Nop,
        Mnemonic.Clflush or Mnemonic.Clflushopt or Mnemonic.Clwb => FlushLine,
        Mnemonic.Cli => Cli,
        Mnemonic.Sti => Sti,
        Mnemonic.Stac => Stac,
        Mnemonic.Clac => Clac,
        Mnemonic.Hlt => Hlt,
        Mnemonic.Cpuid => Cpuid,
        Mnemonic.Rdtsc => Rdtsc,
        Mnemonic.Rdtscp => Rdtscp,
        Mnemonic.Rdrand or Mnemonic.Rdseed => Rdrand,
        Mnemonic.Rdmsr => Rdmsr,
        Mnemonic.Wrmsr => Wrmsr,
        Mnemonic.Wbinvd or Mnemonic.Wbnoinvd => PrivilegedNop,
        Mnemonic.Invlpg => Invlpg,
        Mnemonic.Invpcid => Invpcid,
        Mnemonic.Swapgs => Swapgs,
        Mnemonic.Rdfsbase => Rdfsbase,
        Mnemonic.Rdgsbase => Rdgsbase,
        Mnemonic.Wrfsbase => Wrfsbase,
        Mnemonic.Wrgsbase => Wrgsbase,
        Mnemonic.Lgdt => Lgdt,
        Mnemonic.Lidt => Lidt,
        Mnemonic.Sgdt => Sgdt,
        Mnemonic.Sidt => Sidt,
        Mnemonic.Lldt => Lldt,
        Mnemonic.Ltr => Ltr,
        Mnemonic.Sldt => Sldt,
        Mnemonic.Str => Str,
        Mnemonic.Lmsw => Lmsw,
        Mnemonic.Smsw => Smsw,
        Mnemonic.Clts => Clts,
        Mnemonic.Lar => Lar,
        Mnemonic.Lsl => Lsl,
        Mnemonic.Verr => Verr,
        Mnemonic.Verw => Verw,
        Mnemonic.Arpl => Arpl,
        Mnemonic.Bound => Bound,
        Mnemonic.Ud0 or Mnemonic.Ud1 or Mnemonic.Ud2 => Ud,
        Mnemonic.Salc => Salc,
        Mnemonic.In => In,
        Mnemonic.Out => Out,
        Mnemonic.Wait => Wait,
        Mnemonic.Fnop => Fnop,
        Mnemonic.Fninit => Fninit,
        Mnemonic.Fnstsw => Fnstsw,
        Mnemonic.Fnstcw => Fnstcw,
        Mnemonic.Fldcw => Fldcw,
        Mnemonic.Fnclex => Fnclex,
        Mnemonic.Xgetbv => Xgetbv,
        _ => null,
    };
}
