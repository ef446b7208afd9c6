using Baton.Proofs.Devices;
using static Baton.Proofs.X64.X64SegmentRegister;

namespace Baton.Proofs.X64;

/// <content>Model-specific registers that boot code touches; any other is #GP, as on a processor without it.</content>
public sealed partial class X64Processor
{
    private const uint MsrTsc = 0x10;
    private const uint MsrMtrrCap = 0xFE;
    private const uint MsrPat = 0x277;
    private const uint MsrMtrrDefault = 0x2FF;
    private const uint MsrEfer = 0xC000_0080;
    private const uint MsrFsBase = 0xC000_0100;
    private const uint MsrGsBase = 0xC000_0101;
    private const uint MsrKernelGsBase = 0xC000_0102;

    private readonly Dictionary<uint, ulong> _msrs = [];

    /// <summary>Added to the count of instructions to give the time stamp counter.</summary>
    private ulong _tscOffset;

    private ulong TimeStamp => unchecked(_instructions + _tscOffset);

    /// <summary>Reads a model-specific register; null for one that there is not.</summary>
    public ulong? ReadMsr(uint number) => number switch
    {
        MsrTsc => TimeStamp,
        MsrEfer => _efer,
        MsrFsBase => _segments[(int)Fs].Base,
        MsrGsBase => _segments[(int)Gs].Base,
        _ when LocalApic.IsMsr(number) => Extended?.Read((int)(number - LocalApic.FirstMsr)),
        _ => _msrs.TryGetValue(number, out ulong value) ? value : AfterReset(number),
    };

    private static ulong? AfterReset(uint number) => number switch
    {
        LocalApic.BaseMsr => LocalApic.BaseAfterReset,
        MsrMtrrCap => 0x508,
        MsrPat => 0x0007_0406_0007_0406,
        MsrMtrrDefault => 0,
        >= 0x200 and <= 0x20F => 0,
        0x250 or 0x258 or 0x259 or (>= 0x268 and <= 0x26F) => 0,
        0x8B or 0x3A or 0x174 or 0x175 or 0x176 => 0,
        0x1A0 => 1,
        0x17 or 0x179 or 0x17A or 0x1D9 => 0,
        >= 0xC000_0081 and <= 0xC000_0084 => 0,
        MsrKernelGsBase or 0xC000_0103 => 0,
        _ => null,
    };

    private void Rdmsr(DecodedInstruction op)
    {
        RequirePrivilege0(op);
        uint number = Ecx;
        AskApic(number);
        ulong value = LocalApic.IsMsr(number)
            ? ReadExtended(number)
            : ReadMsr(number) ?? throw NoMsr(number);
        Eax = unchecked((uint)value);
        Edx = (uint)(value >> 32);
    }

    private void Wrmsr(DecodedInstruction op)
    {
        RequirePrivilege0(op);
        AskApic(Ecx);
        WriteMsr(Ecx, ((ulong)Edx << 32) | Eax);
    }

    private X64FaultException NoMsr(uint number) => GeneralProtection(0, $"there is no MSR 0x{number:x}");

    private void WriteMsr(uint number, ulong value)
    {
        switch (number)
        {
            case MsrEfer:
                WriteEfer(value);
                return;
            case MsrTsc:
                _tscOffset = unchecked(value - _instructions);
                return;
            case MsrFsBase or MsrGsBase:
                CheckMsrAddress(number, value);
                SetSegmentBase(number == MsrFsBase ? Fs : Gs, value);
                return;
            case MsrKernelGsBase or 0xC000_0082 or 0xC000_0083 or 0x175 or 0x176:
                CheckMsrAddress(number, value);
                break;
            case MsrPat:
                for (int i = 0; i < 8; i++)
                {
                    if ((value >> (8 * i) & 0xFF) is 2 or 3 or > 7)
                    {
                        throw GeneralProtection(0, $"MSR 0x{number:x} (PAT) = 0x{value:x}: entry {i} is no memory type");
                    }
                }

                break;
            case LocalApic.BaseMsr:
                WriteApicBase(value);
                return;
            case var _ when LocalApic.IsMsr(number):
                WriteExtended(number, value);
                return;
            case MsrMtrrCap or 0x17 or 0x179:
                throw GeneralProtection(0, $"MSR 0x{number:x} can only be read");
        }

        if (ReadMsr(number) is null)
        {
            throw NoMsr(number);
        }

        _msrs[number] = value;
    }

    private void SetSegmentBase(X64SegmentRegister register, ulong value) =>
        SetSegment(register, _segments[(int)register] with { Base = value });

    private void CheckMsrAddress(uint number, ulong value)
    {
        int unused = (_cr4 & X64Cr4.LA57) != 0 ? 64 - 57 : 64 - 48;
        if (unchecked((ulong)((long)(value << unused) >> unused)) != value)
        {
            throw GeneralProtection(0, $"MSR 0x{number:x} = 0x{value:x}: the address is not canonical");
        }
    }

    private void WriteEfer(ulong value)
    {
        ulong known = IfFeature(0x8000_0001, static r => r.Edx, 11, X64Efer.SCE) | X64Efer.LMA
            | (_cpuid.HasLongMode ? X64Efer.LME : 0) | (_cpuid.HasNoExecute ? X64Efer.NXE : 0);
        if ((value & ~known) is var unknown and not 0)
        {
            throw GeneralProtection(0, $"EFER = 0x{value:x}: the bits 0x{unknown:x} are reserved, or not in CPUID");
        }

        if (((_efer ^ value) & X64Efer.LME) != 0 && IsPaging)
        {
            throw GeneralProtection(0, $"EFER = 0x{value:x}: LME cannot be changed while CR0.PG is set");
        }

        // LMA is the processor's own: some refuse a write of another value, others pay no attention to it.
        if (((_efer ^ value) & X64Efer.LMA) != 0)
        {
            throw NotSimulated($"EFER = 0x{value:x}: a change of LMA, which is not written, is not simulated");
        }

        _efer = value;
        ForgetTranslations();
    }

    private void Swapgs(DecodedInstruction op)
    {
        RequirePrivilege0(op);
        ulong kernel = ReadMsr(MsrKernelGsBase).GetValueOrDefault();
        _msrs[MsrKernelGsBase] = _segments[(int)Gs].Base;
        SetSegmentBase(Gs, kernel);
    }

    private void Rdfsbase(DecodedInstruction op) => ReadBase(op, Fs);

    private void Rdgsbase(DecodedInstruction op) => ReadBase(op, Gs);

    private void Wrfsbase(DecodedInstruction op) => WriteBase(op, Fs, MsrFsBase);

    private void Wrgsbase(DecodedInstruction op) => WriteBase(op, Gs, MsrGsBase);

    private void ReadBase(DecodedInstruction op, X64SegmentRegister register)
    {
        RequireFsGsBase();
        Write(op.A, op, _segments[(int)register].Base);
    }

    private void WriteBase(DecodedInstruction op, X64SegmentRegister register, uint msr)
    {
        RequireFsGsBase();
        ulong value = Read(op.A, op);
        CheckMsrAddress(msr, value);
        SetSegmentBase(register, value);
    }

    private void RequireFsGsBase()
    {
        if ((_cr4 & X64Cr4.FSGSBASE) == 0)
        {
            throw InvalidOpcode("the instruction needs CR4.FSGSBASE");
        }
    }
}
