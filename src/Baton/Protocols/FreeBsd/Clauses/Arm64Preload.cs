using Baton.Formats.FreeBsd;
using Baton.Handoffs;
using Baton.Proofs;
using Baton.Proofs.Arm64;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>
/// On arm64: virtual addresses, as the kernel maps them first of all. It takes the distance of its entry's place from its
/// entry's address for that of all, and maps blocks of 2 MiB from KERNBASE to a little behind modulep.
/// </summary>
internal sealed class Arm64Preload(FreeBsdKernelFile kernel, Arm64Arrival arrival) : ArrivedPreload
{
    private const ulong KernBase = FreeBsdKernelFile.KernBaseArm64;
    private const ulong LargePage = 2 << 20;

    /// <summary>The kernel's tables have one page of directory entries above KERNBASE.</summary>
    private const ulong Most = 512 * LargePage;

    public override ulong ModuleP => arrival.Processor[0];

    public override ulong KernEnd => ReadChain().Kernel?.Number(ModInfo.KernEnd) ?? 0;

    public override ulong Boundary => 0x1_0000;

    /// <summary>The physical address of KERNBASE, by where the kernel was entered.</summary>
    public ulong KernPhys => unchecked(arrival.Processor.ProgramCounter - (kernel.Elf.Entry - KernBase));

    /// <summary>Bytes that are mapped from KERNBASE on; 0 when modulep is none.</summary>
    public ulong Mapped
    {
        get
        {
            ulong above = unchecked(ModuleP - KernBase);
            return above >= Most ? 0 : Math.Min(Most, (above + (3 * LargePage) - 1) / LargePage * LargePage);
        }
    }

    protected override Handoff Handoff => arrival.Handoff;

    protected override PhysicalMemory Memory => arrival.Memory;

    public override ulong Told(ulong linked) => linked;

    public override ulong? Physical(ulong address) =>
        unchecked(address - KernBase) < Mapped ? unchecked(KernPhys + (address - KernBase)) : null;

    public override byte[] Read(ulong physical, int length) => arrival.Read(physical, length);

    public override bool IsWritten(ulong physical, ulong length) => arrival.IsWritten(physical, length);
}
