using Baton.Proofs.Devices;

namespace Baton.Proofs.X64;

/// <content>Other instructions of the operating system: identification, time, caches, interrupts, ports.</content>
public sealed partial class X64Processor
{
    private void RequirePrivilege0(DecodedInstruction op)
    {
        if (_privilege != 0)
        {
            throw GeneralProtection(0, $"{Name(op)} needs privilege 0, and the current is {_privilege}");
        }
    }

    private void RequireProtected(DecodedInstruction op)
    {
        if (IsReal)
        {
            throw InvalidOpcode($"{Name(op)} does not exist in real mode");
        }
    }

    private void RequireNoUserModePrevention(DecodedInstruction op)
    {
        if ((_cr4 & X64Cr4.UMIP) != 0 && _privilege != 0)
        {
            throw GeneralProtection(0, $"{Name(op)} needs privilege 0 while CR4.UMIP is set");
        }
    }

    private static string Name(DecodedInstruction op) => op.Mnemonic.ToString().ToLowerInvariant();

    private void RequireIoPrivilege(DecodedInstruction op)
    {
        if (_privilege > ((int)(_flags >> 12) & 3))
        {
            throw GeneralProtection(0, $"{Name(op)} at privilege {_privilege} needs more than IOPL allows");
        }
    }

    private void Cli(DecodedInstruction op)
    {
        RequireIoPrivilege(op);
        _flags &= ~X64Flags.IF;
    }

    private void Sti(DecodedInstruction op)
    {
        RequireIoPrivilege(op);
        if ((_flags & X64Flags.IF) == 0)
        {
            CastShadow();
        }

        _flags |= X64Flags.IF;
    }

    private void Stac(DecodedInstruction op) => SetAccessControl(op, X64Flags.AC);

    private void Clac(DecodedInstruction op) => SetAccessControl(op, 0);

    private void SetAccessControl(DecodedInstruction op, ulong value)
    {
        if (_privilege != 0 || (Cr4Known & X64Cr4.SMAP) == 0)
        {
            throw InvalidOpcode($"{Name(op)} needs privilege 0 and SMAP");
        }

        ulong before = _flags;
        SetFlags(X64Flags.AC, value);
        ForgetIfAccessControlChanged(before);
    }

    private void Hlt(DecodedInstruction op)
    {
        RequirePrivilege0(op);
        IsHalted = true;
    }

    private void Cpuid(DecodedInstruction op)
    {
        CpuidResult result = _cpuid.Get(Eax, Ecx);
        uint ecx = result.Ecx;
        uint edx = result.Edx;
        if (_r[0] is var leaf && unchecked((uint)leaf) == 1 && (_cr4 & X64Cr4.OSXSAVE) != 0)
        {
            ecx |= 1U << 27;
        }

        _r[0] = result.Eax;
        _r[3] = result.Ebx;
        _r[1] = ecx;
        _r[2] = edx;
    }

    private void Rdtsc(DecodedInstruction op)
    {
        if ((_cr4 & X64Cr4.TSD) != 0 && _privilege != 0)
        {
            throw GeneralProtection(0, "rdtsc needs privilege 0 while CR4.TSD is set");
        }

        Eax = unchecked((uint)TimeStamp);
        Edx = (uint)(TimeStamp >> 32);
    }

    private void Rdtscp(DecodedInstruction op)
    {
        Rdtsc(op);
        _r[1] = unchecked((uint)ReadMsr(0xC000_0103).GetValueOrDefault());
    }

    /// <summary>Numbers that look random and are the same in each run: a hash of the count of instructions.</summary>
    private void Rdrand(DecodedInstruction op)
    {
        unchecked
        {
            ulong x = _instructions + 0x9E37_79B9_7F4A_7C15;
            x = (x ^ (x >> 30)) * 0xBF58_476D_1CE4_E5B9;
            x = (x ^ (x >> 27)) * 0x94D0_49BB_1331_11EB;
            Write(op.A, op, x ^ (x >> 31));
            SetFlags(X64Flags.Status, X64Flags.CF);
        }
    }

    private void PrivilegedNop(DecodedInstruction op) => RequirePrivilege0(op);

    private void Invlpg(DecodedInstruction op)
    {
        RequirePrivilege0(op);
        FlushTranslations();
    }

    private void Invpcid(DecodedInstruction op)
    {
        const ulong Exists = 1;
        if (IfFeature(7, static r => r.Ebx, 10, Exists) == 0)
        {
            throw InvalidOpcode("invpcid is not in CPUID");
        }

        RequirePrivilege0(op);
        if (Read(op.A, op) > 3)
        {
            throw GeneralProtection(0, $"invpcid of type 0x{Read(op.A, op):x}: there are 0 to 3");
        }

        FlushTranslations();
    }

    /// <summary>Cache lines have no effect, but the address must be one.</summary>
    private void FlushLine(DecodedInstruction op) => Load(op.Segment, EffectiveAddress(op), 1);

    private void Xgetbv(DecodedInstruction op)
    {
        if ((_cr4 & X64Cr4.OSXSAVE) == 0)
        {
            throw InvalidOpcode("xgetbv needs CR4.OSXSAVE");
        }

        throw NotSimulated("xgetbv is not simulated");
    }

    private void Bound(DecodedInstruction op)
    {
        int size = op.A.Size;
        ulong address = EffectiveAddress(op);
        long index = Signed(Read(op.A, op), size);
        long low = Signed(Load(op.Segment, address, size), size);
        long high = Signed(Load(op.Segment, Behind(op, address, size), size), size);
        if (index < low || index > high)
        {
            throw Fault(X64Exception.BoundRange, null, $"{index} is not from {low} to {high}");
        }
    }

    private void Arpl(DecodedInstruction op)
    {
        RequireProtected(op);
        ulong a = ReadToModify(op.A, op);
        ulong requested = Read(op.B, op) & 3;
        bool raises = (a & 3) < requested;
        Write(op.A, op, raises ? (a & ~3UL) | requested : a);
        SetFlags(X64Flags.ZF, Bit(X64Flags.ZF, raises));
    }

    private void Ud(DecodedInstruction op) => throw InvalidOpcode($"{Name(op)} is the instruction that is none");

    private void Salc(DecodedInstruction op) => WriteRegister(X64Register.Rax, 1, Carry ? 0xFFUL : 0);

    private void In(DecodedInstruction op)
    {
        ushort port = unchecked((ushort)Read(op.B, op));
        CheckPort(port, op.A.Size);
        Write(op.A, op, ReadPort(port, op.A.Size));
    }

    private void Out(DecodedInstruction op)
    {
        ushort port = unchecked((ushort)Read(op.A, op));
        CheckPort(port, op.B.Size);
        WritePort(port, op.B.Size, unchecked((uint)Read(op.B, op)));
    }

    private void CheckPort(ushort port, int size)
    {
        if (!IsReal && _privilege > ((int)(_flags >> 12) & 3))
        {
            throw NotSimulated(
                $"port 0x{port:x} ({size} bytes) at privilege {_privilege}: the permission map of the TSS is not simulated");
        }
    }

    private uint ReadPort(ushort port, int size) => Ports(port) is var ports && ports.Answers(port)
        ? ports.Read(port, size)
        : unchecked((uint)InstructionDecoder.MaskOf(size));

    private void WritePort(ushort port, int size, uint value)
    {
        if (Ports(port) is var ports && ports.Answers(port))
        {
            ports.Write(port, size, value);
        }
    }

    private IPortDevice Ports(ushort port) =>
        _options.Ports ?? throw NotSimulated($"an access to port 0x{port:x}: what answers at ports is not simulated here");

    private void Wait(DecodedInstruction op)
    {
        if ((_cr0 & (X64Cr0.MP | X64Cr0.TS)) == (X64Cr0.MP | X64Cr0.TS))
        {
            throw Fault(X64Exception.DeviceNotAvailable, null, "CR0.MP and CR0.TS are set");
        }
    }

    private void Fnop(DecodedInstruction op) => CheckX87();

    private void Fninit(DecodedInstruction op)
    {
        CheckX87();
        _x87Control = 0x37F;
        _x87Status = 0;
    }

    private ushort _x87Control = 0x40;
    private ushort _x87Status;

    private void CheckX87()
    {
        if ((_cr0 & (X64Cr0.EM | X64Cr0.TS)) != 0)
        {
            throw Fault(X64Exception.DeviceNotAvailable, null, "CR0.EM or CR0.TS is set");
        }
    }

    private void Fnstsw(DecodedInstruction op)
    {
        CheckX87();
        Write(op.A, op, _x87Status);
    }

    private void Fnstcw(DecodedInstruction op)
    {
        CheckX87();
        Write(op.A, op, _x87Control);
    }

    private void Fldcw(DecodedInstruction op)
    {
        CheckX87();
        _x87Control = (ushort)Read(op.A, op);
    }

    private void Fnclex(DecodedInstruction op)
    {
        CheckX87();
        _x87Status &= 0x7F00;
    }
}
