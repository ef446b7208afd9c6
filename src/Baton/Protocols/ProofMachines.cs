using Baton.Machines;
using Baton.Memory;
using Baton.Proofs.Arm64;
using Baton.Proofs.X64;

namespace Baton.Protocols;

/// <summary>What a proof must know of a machine, whatever kernel is handed over to.</summary>
public static class ProofMachines
{
    private const ulong PageSize = 4096;

    /// <summary>Of an amd64 machine.</summary>
    public static X64ProofMachine X64(Machine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ProcessorFacts processor = machine.Processor;
        return new X64ProofMachine
        {
            Memory = RangeSet.Of(machine.FirmwareMemory
                .Where(region => region.Kind.IsRam || region.Kind == MemoryKind.AcpiTables || region.Kind == MemoryKind.AcpiNvs)
                .Select(region => region.Range)),
            Ram = machine.Usable,
            FiveLevel = processor.La57,
            GigabytePages = processor.GigabytePages,
            PhysicalBits = processor.PhysicalBits is >= 32 and <= 52 and int bits ? bits : 52,
        };
    }

    /// <summary>
    /// Of an arm64 machine: at which level its firmware started it, no file tells. The firmware's memory map lies in memory
    /// that is nobody's to load to.
    /// </summary>
    public static Arm64ProofMachine Arm64(Machine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        RangeSet ram = machine.FirmwareMemory.Ram;
        return new Arm64ProofMachine
        {
            Memory = machine.Efi?.HiddenMap is { } map ? ram.Union([map.Range.GrowTo(PageSize)]) : ram,
        };
    }
}
