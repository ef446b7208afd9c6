using Baton.Handoffs;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Trampolines;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>On amd64: bytes above KERNBASE, through the page tables in use.</summary>
internal sealed class X64Preload(X64Arrival arrival) : ArrivedPreload
{
    public override ulong ModuleP => FreeBsdContract.ModuleP(arrival);

    public override ulong KernEnd => FreeBsdContract.KernEnd(arrival);

    public override ulong Boundary => DestinationSpace.Page;

    protected override Handoff Handoff => arrival.Handoff;

    protected override PhysicalMemory Memory => arrival.Memory;

    public override ulong Told(ulong linked) => linked - FreeBsdX64Trampoline.KernBase;

    public override ulong? Physical(ulong address) => FreeBsdContract.Physical(arrival, address);

    public override byte[] Read(ulong physical, int length) => arrival.Read(physical, length);

    public override bool IsWritten(ulong physical, ulong length) => arrival.IsWritten(physical, length);
}
