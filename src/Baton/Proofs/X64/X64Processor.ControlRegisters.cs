using static Baton.Proofs.X64.X64SegmentRegister;

namespace Baton.Proofs.X64;

/// <content>CR0 to CR8: what may be written, and what the mode becomes of it.</content>
public sealed partial class X64Processor
{
    private const ulong Cr0Known = X64Cr0.PE | X64Cr0.MP | X64Cr0.EM | X64Cr0.TS | X64Cr0.ET | X64Cr0.NE
        | X64Cr0.WP | X64Cr0.AM | X64Cr0.NW | X64Cr0.CD | X64Cr0.PG;

    /// <summary>The four entries that PAE paging outside long mode reads when CR3 is loaded.</summary>
    private readonly ulong[] _pointerEntries = new ulong[4];

    private ulong _cr0;
    private ulong _cr2;
    private ulong _cr3;
    private ulong _cr4;
    /// <summary>Without a local APIC, whose task priority it is otherwise.</summary>
    private ulong _ownPriority;
    private ulong _efer;

    public ulong Cr0 => _cr0;

    public ulong Cr2 => _cr2;

    public ulong Cr3 => _cr3;

    public ulong Cr4 => _cr4;

    public ulong Cr8 => _apic is null ? _ownPriority : _apic.Priority >> 4;

    private void SetPriority(ulong priority)
    {
        _ownPriority = priority;
        if (_apic is not null)
        {
            _apic.Priority = (uint)priority << 4;
        }
    }

    public ulong Efer => _efer;

    private ulong Cr4Known => X64Cr4.VME | X64Cr4.PVI | X64Cr4.TSD | X64Cr4.DE | X64Cr4.PSE | X64Cr4.PAE | X64Cr4.MCE
        | X64Cr4.PGE | X64Cr4.PCE | X64Cr4.OSFXSR | X64Cr4.OSXMMEXCPT
        | IfFeature(1, static r => r.Ecx, 17, X64Cr4.PCIDE) | IfFeature(1, static r => r.Ecx, 26, X64Cr4.OSXSAVE)
        | IfFeature(7, static r => r.Ebx, 0, X64Cr4.FSGSBASE) | IfFeature(7, static r => r.Ebx, 7, X64Cr4.SMEP)
        | IfFeature(7, static r => r.Ebx, 20, X64Cr4.SMAP) | IfFeature(7, static r => r.Ecx, 2, X64Cr4.UMIP)
        | IfFeature(7, static r => r.Ecx, 3, X64Cr4.PKE) | IfFeature(7, static r => r.Ecx, 7, X64Cr4.CET)
        | IfFeature(7, static r => r.Ecx, 16, X64Cr4.LA57);

    private ulong IfFeature(uint leaf, Func<CpuidResult, uint> register, int bit, ulong flag) =>
        ((register(_cpuid.Get(leaf)) >> bit) & 1) != 0 ? flag : 0;

    private void MovFromControl(DecodedInstruction op)
    {
        RequirePrivilege0(op);
        Write(op.A, op, op.B.Register switch
        {
            0 => _cr0,
            2 => _cr2,
            3 => _cr3,
            4 => _cr4,
            8 => Cr8,
            _ => throw InvalidOpcode($"there is no CR{op.B.Register}"),
        });
    }

    private void MovToControl(DecodedInstruction op)
    {
        RequirePrivilege0(op);
        ulong value = Read(op.B, op);
        switch (op.A.Register)
        {
            case 0:
                WriteCr0(value);
                break;
            case 2:
                _cr2 = value;
                break;
            case 3:
                WriteCr3(value);
                break;
            case 4:
                WriteCr4(value);
                break;
            case 8:
                SetPriority(value <= 15 ? value : throw GeneralProtection(0, $"CR8 = 0x{value:x}: only the low 4 bits exist"));
                break;
            default:
                throw InvalidOpcode($"there is no CR{op.A.Register}");
        }
    }

    private void WriteCr0(ulong value)
    {
        string? refusal =
            value > uint.MaxValue ? "the upper half is not zero"
            : (value & (X64Cr0.PG | X64Cr0.PE)) == X64Cr0.PG ? "PG needs PE"
            : (value & (X64Cr0.NW | X64Cr0.CD)) == X64Cr0.NW ? "NW needs CD"
            : (value & X64Cr0.WP) == 0 && (_cr4 & X64Cr4.CET) != 0 ? "WP cannot be cleared while CR4.CET is set"
            : null;
        value = (value & Cr0Known) | X64Cr0.ET;
        ulong efer = _efer;
        ulong changed = _cr0 ^ value;
        if (refusal is null && (changed & X64Cr0.PG) != 0)
        {
            refusal = (value & X64Cr0.PG) != 0 ? PagingOn(ref efer) : PagingOff(ref efer);
        }

        if (refusal is not null)
        {
            throw GeneralProtection(0, $"CR0 = 0x{value:x}: {refusal}");
        }

        if ((value & X64Cr0.PG) != 0 && (changed & (X64Cr0.PG | X64Cr0.CD | X64Cr0.NW)) != 0 && (efer & X64Efer.LMA) == 0
            && (_cr4 & X64Cr4.PAE) != 0)
        {
            LoadPointerEntriesChecked(_cr3);
        }

        bool leavesLongMode = (_efer & ~efer & X64Efer.LMA) != 0;
        _cr0 = value;
        _efer = efer;
        if (leavesLongMode)
        {
            LoseLongRegisters();
        }

        if ((changed & X64Cr0.PE) != 0)
        {
            _privilege = 0;
        }

        RefreshMode();
        if ((changed & (X64Cr0.PG | X64Cr0.WP | X64Cr0.PE)) != 0)
        {
            RefreshTranslations(isFlush: (changed & X64Cr0.PG) != 0);
        }
    }

    private string? PagingOn(ref ulong efer)
    {
        if ((efer & X64Efer.LME) == 0)
        {
            return null;
        }

        if ((_cr4 & X64Cr4.PAE) == 0)
        {
            return "PG with EFER.LME set needs CR4.PAE";
        }

        if (_segments[(int)Cs].IsLong)
        {
            return "PG cannot bring long mode up while CS.L is set";
        }

        efer |= X64Efer.LMA;
        return null;
    }

    private string? PagingOff(ref ulong efer)
    {
        if (_bits == 64)
        {
            return "PG cannot be cleared in 64-bit mode, only in compatibility mode";
        }

        if ((_cr4 & X64Cr4.PCIDE) != 0)
        {
            return "PG cannot be cleared while CR4.PCIDE is set";
        }

        efer &= ~X64Efer.LMA;
        return null;
    }

    private void WriteCr3(ulong value)
    {
        ulong noFlush = IsLongMode && (_cr4 & X64Cr4.PCIDE) != 0 ? value & Sign : 0;
        if (IsLongMode)
        {
            if ((value & ~_physicalMask & ~noFlush) != 0)
            {
                throw GeneralProtection(0, $"CR3 = 0x{value:x} has bits beyond the {_cpuid.PhysicalBits} of a physical address");
            }

            value &= ~noFlush;
        }
        else
        {
            value &= uint.MaxValue;
            if (IsPaging && (_cr4 & X64Cr4.PAE) != 0)
            {
                LoadPointerEntriesChecked(value);
            }
        }

        _cr3 = value;
        RefreshTranslations(isFlush: noFlush == 0);
    }

    private void WriteCr4(ulong value)
    {
        ulong changed = _cr4 ^ value;
        string? refusal =
            (value & ~Cr4Known) is var unknown and not 0 ? $"the bits 0x{unknown:x} are reserved, or not in CPUID"
            : IsLongMode && (value & X64Cr4.PAE) == 0 ? "PAE cannot be cleared in long mode"
            : IsLongMode && (changed & X64Cr4.LA57) != 0 ? "LA57 cannot be changed in long mode"
            : (changed & value & X64Cr4.PCIDE) == 0 ? null
            : !IsLongMode ? "PCIDE can be set only in long mode"
            : (_cr3 & 0xFFF) != 0 ? $"PCIDE cannot be set while the low bits of CR3 (0x{_cr3:x}) are not zero"
            : null;
        if ((value & X64Cr4.CET) != 0 && (_cr0 & X64Cr0.WP) == 0)
        {
            refusal ??= "CET needs CR0.WP";
        }

        if (refusal is not null)
        {
            throw GeneralProtection(0, $"CR4 = 0x{value:x}: {refusal}");
        }

        const ulong Reloads = X64Cr4.PAE | X64Cr4.PSE | X64Cr4.PGE | X64Cr4.SMEP;
        if (IsPaging && !IsLongMode && (value & X64Cr4.PAE) != 0 && (changed & Reloads) != 0)
        {
            LoadPointerEntriesChecked(_cr3);
        }

        bool flushes = (changed & (X64Cr4.PGE | X64Cr4.PAE)) != 0 || (changed & _cr4 & X64Cr4.PCIDE) != 0
            || (changed & value & X64Cr4.SMEP) != 0;
        _cr4 = value;
        RefreshTranslations(flushes);
    }

    /// <summary>Reads the entries of PAE paging, if a state has it on, without checking them.</summary>
    private void LoadPointerEntries()
    {
        FlushTranslations();
        if (IsPaging && !IsLongMode && (_cr4 & X64Cr4.PAE) != 0)
        {
            for (int i = 0; i < _pointerEntries.Length; i++)
            {
                _pointerEntries[i] = Memory.Read((_cr3 & 0xFFFF_FFE0) + ((ulong)i * 8), 8);
            }
        }
    }

    private void LoadPointerEntriesChecked(ulong cr3)
    {
        Span<ulong> entries = stackalloc ulong[4];
        for (int i = 0; i < entries.Length; i++)
        {
            ulong address = (cr3 & 0xFFFF_FFE0) + ((ulong)i * 8);
            entries[i] = Memory.Read(address & A20Mask, 8);
            ulong reserved = 0x1E6 | ~(_physicalMask | 0xFFF);
            if ((entries[i] & EntryPresent) != 0 && (entries[i] & reserved) != 0)
            {
                throw GeneralProtection(
                    0,
                    $"PDPT entry {i} at 0x{address:x} = 0x{entries[i]:x16} has reserved bits set "
                    + $"(0x{entries[i] & reserved:x})");
            }
        }

        entries.CopyTo(_pointerEntries);
    }

    private void Clts(DecodedInstruction op)
    {
        RequirePrivilege0(op);
        _cr0 &= ~X64Cr0.TS;
    }

    private void Smsw(DecodedInstruction op)
    {
        RequireNoUserModePrevention(op);
        StoreWord(op, _cr0);
    }

    /// <summary>The low 4 bits of CR0; PE can be set and not cleared.</summary>
    private void Lmsw(DecodedInstruction op)
    {
        RequirePrivilege0(op);
        ulong word = ReadWord(op, op.A);
        WriteCr0((_cr0 & ~0xEUL) | (word & 0xF));
    }
}
