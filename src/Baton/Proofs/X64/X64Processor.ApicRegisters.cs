using Baton.Proofs.Devices;

namespace Baton.Proofs.X64;

/// <content>
/// The local APIC by its MSRs: IA32_APIC_BASE, and the registers of an x2APIC (Intel SDM volume 3, sections 11.4.4 and 11.12).
/// </content>
public sealed partial class X64Processor
{
    /// <summary>Set on the processor that booted the machine.</summary>
    private const ulong BaseIsFirst = 1UL << 8;
    private const ulong BaseModes = LocalApic.BaseEnabled | LocalApic.BaseExtended;

    /// <summary>The local APIC as far as it answers at MSRs: as an x2APIC.</summary>
    private LocalApic? Extended => _apic is { IsExtended: true } apic ? apic : null;

    private ulong ApicBase => ReadMsr(LocalApic.BaseMsr).GetValueOrDefault();

    private void AskApic(uint number)
    {
        if (_apic is not null && (number == LocalApic.BaseMsr || LocalApic.IsMsr(number)))
        {
            _apic.WasAsked = true;
        }
    }

    private void WriteApicBase(ulong value)
    {
        ulong old = ApicBase;
        ulong known = BaseIsFirst | LocalApic.BaseEnabled | (_physicalMask & ~PageOffset)
            | IfFeature(1, static r => r.Ecx, 21, LocalApic.BaseExtended);
        string? refusal =
            (value & ~known) is var unknown and not 0 ? $"the bits 0x{unknown:x} are reserved, or not in CPUID"
            : (value & BaseModes) == LocalApic.BaseExtended ? "EXTD needs EN"
            : (old & BaseModes) == BaseModes && (value & BaseModes) == LocalApic.BaseEnabled
                ? "an x2APIC must be switched off before it is an xAPIC"
            : (old & LocalApic.BaseEnabled) == 0 && (value & LocalApic.BaseExtended) != 0
                ? "an APIC that is off must be an xAPIC before it is an x2APIC"
            : null;
        if (refusal is not null)
        {
            throw GeneralProtection(0, $"MSR 0x{LocalApic.BaseMsr:x} (APIC_BASE) = 0x{value:x}: {refusal}");
        }

        if (_apic is not null && ((old ^ value) & ~LocalApic.BaseExtended) != 0)
        {
            throw NotSimulated(
                $"APIC_BASE = 0x{value:x}, 0x{old:x} before: a local APIC that moves or is switched off or on is not simulated");
        }

        _msrs[LocalApic.BaseMsr] = value;
        ShowApicItsBase();
    }

    /// <summary>The APIC answers as the MSR says.</summary>
    private void ShowApicItsBase()
    {
        if (_apic is not null)
        {
            _apic.Base = ApicBase;
        }
    }

    private ulong ReadExtended(uint number)
    {
        if (FindExtended(number, out X2ApicRegister register) is not { } apic)
        {
            throw NoMsr(number);
        }

        return !register.IsReadable
            ? throw GeneralProtection(0, $"MSR 0x{number:x} of the x2APIC can only be written")
            : apic.Read((int)(number - LocalApic.FirstMsr)) ?? throw NotSimulatedExtended(number);
    }

    private void WriteExtended(uint number, ulong value)
    {
        if (FindExtended(number, out X2ApicRegister register) is not { } apic)
        {
            throw NoMsr(number);
        }

        if (register.Writable is not { } writable)
        {
            throw GeneralProtection(0, $"MSR 0x{number:x} of the x2APIC can only be read");
        }

        if ((value & ~writable) is var reserved and not 0)
        {
            throw GeneralProtection(
                0, $"MSR 0x{number:x} of the x2APIC = 0x{value:x}: the bits 0x{reserved:x} are reserved");
        }

        if (!apic.Write((int)(number - LocalApic.FirstMsr), (uint)value))
        {
            throw NotSimulatedExtended(number);
        }
    }

    /// <summary>The APIC, if it is an x2APIC and has the register.</summary>
    private LocalApic? FindExtended(uint number, out X2ApicRegister register)
    {
        X2ApicRegister? found = X2ApicRegister.Of((int)(number - LocalApic.FirstMsr));
        register = found.GetValueOrDefault();
        return found is null ? null : Extended;
    }

    private X64FaultException NotSimulatedExtended(uint number) =>
        NotSimulated($"the x2APIC's register at MSR 0x{number:x} is not simulated");
}
