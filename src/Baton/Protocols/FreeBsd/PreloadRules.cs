using Baton.Formats.FreeBsd;
using Baton.Handoffs;

namespace Baton.Protocols.FreeBsd;

/// <summary>What the architectures have different in what is preloaded.</summary>
/// <param name="KernelOffset">The first byte of a kernel above KERNBASE.</param>
/// <param name="IsVirtual">Whether the kernel is told virtual addresses; else bytes above KERNBASE.</param>
/// <param name="Boundary">What segments start and end at, in bytes.</param>
/// <param name="Behind">The least memory behind kernend that must be within the window above KERNBASE.</param>
/// <param name="TellsModuleP">Whether the chain names its own address.</param>
internal sealed record PreloadRules(
    ulong KernelOffset, bool IsVirtual, ulong Boundary, ulong Behind, bool TellsModuleP)
{
    /// <summary>amd64.</summary>
    public static PreloadRules X64 { get; } =
        new(DestinationSpace.KernelStart, IsVirtual: false, DestinationSpace.Page, 0, TellsModuleP: true);

    /// <summary>
    /// arm64. Destinations are whole pages of the running kernel, whose size no file tells: 64 KiB are whole pages to any.
    /// </summary>
    public static PreloadRules Arm64 { get; } =
        new(0, IsVirtual: true, 0x1_0000, 3 * DestinationSpace.KernelStart, TellsModuleP: false);

    /// <summary>The rules of an architecture.</summary>
    public static PreloadRules Of(Architecture architecture) => architecture == Architecture.Arm64 ? Arm64 : X64;

    /// <summary>What a kernel is told of an address that it is linked at.</summary>
    public ulong Told(FreeBsdKernelFile kernel, ulong linked) => linked - kernel.KernBase + Origin(kernel);

    /// <summary>What a kernel is told of KERNBASE.</summary>
    public ulong Origin(FreeBsdKernelFile kernel) => IsVirtual ? kernel.KernBase : 0;
}
