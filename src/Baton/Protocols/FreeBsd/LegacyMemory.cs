using Baton.Machines;
using Baton.Memory;

namespace Baton.Protocols.FreeBsd;

/// <summary>
/// What a kernel may lie over. One that runs at 2 MiB alone cannot avoid what firmware keeps there for sleep (ACPI NVS, as
/// OVMF does at 8 MiB): FreeBSD's own loader writes over it too, and nothing needs it but a wake-up from S3.
/// </summary>
internal static class LegacyMemory
{
    /// <summary>What is no RAM and may be written over all the same; empty for a kernel that can be moved.</summary>
    public static RangeSet Extra(FreeBsdRequest request)
    {
        if (request.Kernel.Relocatable)
        {
            return RangeSet.Empty;
        }

        IEnumerable<PhysicalRange> runtime = request.Machine.Efi?.RuntimeMap.Select(entry => entry.Range) ?? [];
        return request.Machine.FirmwareMemory.OfKind(MemoryKind.AcpiNvs)
            .Subtract(runtime).ShrinkTo(DestinationSpace.Page);
    }
}
