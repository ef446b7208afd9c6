namespace Baton.Proofs.Arm64;

/// <summary>Translation of a page for the processor itself, and the faults with everything a report needs.</summary>
public sealed partial class Arm64Processor
{
    /// <summary>ISS.WnR.</summary>
    private const uint SyndromeIsWrite = 1U << 6;

    /// <summary>ISS.CM.</summary>
    private const uint SyndromeIsMaintenance = 1U << 8;

    /// <summary>ESR.IL: the instruction has 32 bits.</summary>
    private const uint SyndromeLength = 1U << 25;

    private Translation TranslatePage(ulong address, Arm64Access access, uint syndrome)
    {
        if (_unsynchronized is { } register && access != Arm64Access.Execute)
        {
            throw Unsynchronized(register, address, access == Arm64Access.Write ? "written" : "read");
        }

        try
        {
            Translation translation = _walker.Translate(_regime, address, out TranslationFault? fault, null);
            fault ??= Forbids(translation, access, address);
            if (fault is null)
            {
                return translation;
            }

            throw Raise(
                access == Arm64Access.Execute ? Arm64ExceptionClass.InstructionAbort : Arm64ExceptionClass.DataAbort,
                (uint)fault.Value.Status | syndrome, fault.Value.Reason, address, Translate(address, access).Lines);
        }
        catch (StaleTableException stale)
        {
            throw new Arm64FaultException(Arm64FaultCause.StaleData, stale.Message, _pc)
            {
                Details = Translate(address, access).Lines,
            };
        }
        catch (NotSupportedException unknown)
        {
            throw new Arm64FaultException(Arm64FaultCause.NotSimulated, $"{unknown.Message}: not simulated", _pc);
        }
    }

    private Arm64FaultException Unsynchronized(Arm64SystemRegister register, ulong address, string what) => new(
        Arm64FaultCause.Unpredictable,
        $"{Arm64SystemRegisterTable.NameOf((int)register)} was written, and no ISB has followed before 0x{address:x} is {what} "
        + $"(instruction at 0x{_pc:x})", _pc);

    private static TranslationFault? Forbids(Translation translation, Arm64Access access, ulong address)
    {
        bool isAllowed = access switch
        {
            Arm64Access.Execute => translation.IsExecutable,
            Arm64Access.Write => translation.IsWritable,
            _ => translation.IsReadable,
        };
        return isAllowed
            ? null
            : new((int)FaultStatus.Permission + translation.Level, $"the page of 0x{address:x} does not allow it to be "
                + access switch
                {
                    Arm64Access.Execute => "executed",
                    Arm64Access.Write => "written",
                    _ => "read",
                });
    }

    private Arm64FaultException Raise(
        Arm64ExceptionClass exceptionClass, uint syndrome, string reason, ulong? faultAddress,
        IReadOnlyList<string>? lines = null) =>
        new(Arm64FaultCause.Exception, $"{reason} (instruction at 0x{_pc:x})", _pc)
        {
            Syndrome = ((uint)exceptionClass << 26) | SyndromeLength | syndrome,
            FaultAddress = faultAddress,
            Details = lines ?? [],
        };

    private Arm64FaultException UndefinedInstruction(uint word, string why) => Raise(
        Arm64ExceptionClass.Unknown, 0, $"0x{word:x8}: {why}", null);

    private Arm64FaultException NotSimulatedInstruction(uint word, string what) => new(
        Arm64FaultCause.NotSimulated, $"0x{word:x8} at 0x{_pc:x}: {what}", _pc);

    private static MemoryFaultException OutsideMemory(ulong page, ulong address, string what) => new(
        MemoryFault.OutsideMemory, new Baton.Memory.PhysicalAddress(page << PageBits | (address & PageMask)),
        $"the {what} at 0x{address:x} leads to 0x{page << PageBits | (address & PageMask):x}, which is not memory");
}
