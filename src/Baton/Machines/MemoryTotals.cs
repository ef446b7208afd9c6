namespace Baton.Machines;

/// <summary>Figures of /proc/meminfo, in bytes.</summary>
/// <param name="Total">MemTotal: the kernel's totalram_pages, half of which a loaded image may fill.</param>
/// <param name="Free">MemFree.</param>
/// <param name="Available">MemAvailable: what can be had without swapping.</param>
public sealed record MemoryTotals(ulong Total, ulong Free, ulong Available);
