namespace Baton.Proofs.Arm64;

/// <summary>What an access is for.</summary>
public enum Arm64Access
{
    Read,
    Write,
    Execute,
}

/// <summary>The fault status codes of ESR_ELx.ISS (DFSC, IFSC); the level is added to the first four.</summary>
internal enum FaultStatus
{
    AddressSize = 0x00,
    Translation = 0x04,
    AccessFlag = 0x08,
    Permission = 0x0c,
    Alignment = 0x21,
}

/// <summary>Where a page of virtual addresses leads.</summary>
/// <param name="Page">Number of the physical page.</param>
/// <param name="IsReadable">For data.</param>
/// <param name="IsWritable">For data.</param>
/// <param name="IsExecutable">For instructions.</param>
/// <param name="IsDevice">Device memory: unaligned accesses fault.</param>
/// <param name="IsCacheable">Held in the data cache, when that is on.</param>
/// <param name="Level">The level of the last descriptor, for the syndrome of a permission fault.</param>
internal readonly record struct Translation(
    ulong Page, bool IsReadable, bool IsWritable, bool IsExecutable, bool IsDevice, bool IsCacheable, int Level);

/// <summary>A translation that ends in a fault of the architecture.</summary>
/// <param name="Status">Fault status code, level included.</param>
/// <param name="Reason">One sentence without a subject.</param>
internal readonly record struct TranslationFault(int Status, string Reason);

/// <summary>An address translation, told for a report.</summary>
/// <param name="PhysicalAddress">Where it leads; null when it faults.</param>
/// <param name="Fault">Why not.</param>
/// <param name="Lines">The walk: a line for each descriptor.</param>
public sealed record Arm64Walk(ulong? PhysicalAddress, string? Fault, IReadOnlyList<string> Lines);
