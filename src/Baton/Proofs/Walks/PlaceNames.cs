using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Proofs.Walks;

/// <summary>Addresses as people say them: a segment's name and the distance from its start.</summary>
public static class PlaceNames
{
    /// <summary>E.g. <c>trampoline+0x1a</c>; null where nothing was loaded.</summary>
    public static string? NameOf(PhysicalMemory memory, PhysicalAddress address)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return memory.Loaded.LastOrDefault(segment => segment.Destination.Contains(address)) is { } home
            ? $"{home.Name}+0x{address - home.Destination.Start:x}"
            : null;
    }

    /// <summary>The same for an address that code uses; null too when it is not mapped.</summary>
    public static string? NameOf(IWalkMachine machine, ulong address)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return machine.Locate(address) is { } place ? NameOf(machine.Processor.Memory, place) : null;
    }

    /// <summary>Where a segment begins; null when none has the name.</summary>
    public static PhysicalAddress? StartOf(PhysicalMemory memory, string name)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return memory.Loaded
            .FirstOrDefault(segment => string.Equals(segment.Name, name, StringComparison.OrdinalIgnoreCase))
            ?.Destination.Start;
    }
}
