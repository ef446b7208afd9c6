using Baton.Formats.BzImage;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Protocols.LinuxX86.Clauses;

/// <summary>
/// What a Linux kernel must find at its 64-bit entry: the demands of Documentation/arch/x86/boot.rst and zero-page.rst,
/// and what docs/protocols/linux-x86.md promises beyond them. Judged from the simulated machine's registers and memory
/// alone; what should be there comes from the kernel's header and the machine, not from the planner's results.
/// </summary>
public sealed class LinuxX86Contract
{
    /// <summary>The section of boot.rst from which most demands come.</summary>
    internal const string Boot64 = "boot.rst, 64-bit Boot Protocol";

    /// <summary>Where the project promises more than the kernel demands.</summary>
    internal const string OwnPromise = "docs/protocols/linux-x86.md, What the trampoline does";

    private readonly LinuxX86Kernel _kernel;

    private LinuxX86Contract(LinuxX86Kernel kernel, Machine machine, Handoff handoff)
    {
        _kernel = kernel;
        Machine = machine;
        Handoff = handoff;
    }

    internal LinuxX86Kernel Kernel => _kernel;

    internal Machine Machine { get; }

    internal Handoff Handoff { get; }

    /// <summary>Whether the next kernel can and must be told of EFI.</summary>
    internal bool ExpectsEfi =>
        _kernel.TakesEfi && Machine.Firmware == FirmwareKind.Uefi
        && Machine.Efi is { PlatformBits: 64, Unknown.Count: 0 };

    /// <summary>The contract for one handoff.</summary>
    /// <param name="kernel">The next kernel.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="handoff">What was planned for the two.</param>
    public static Contract<X64Arrival> For(LinuxX86Kernel kernel, Machine machine, Handoff handoff)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(handoff);
        LinuxX86Contract contract = new(kernel, machine, handoff);
        return new Contract<X64Arrival>(
            handoff.Protocol,
            [
                .. new ProcessorClauses(contract).All,
                .. new MappingClauses(contract).All,
                .. new PlacementClauses(contract).All,
                HeaderClauses.BootParamsAreFound,
                .. new HeaderClauses(contract).All.Select(WithBootParams),
                .. new PayloadClauses(contract).All.Select(WithBootParams),
                .. new FirmwareClauses(contract).All.Select(WithBootParams),
            ]);
    }

    /// <summary>A clause on what boot_params holds, which has nothing to judge where there is none.</summary>
    private static Clause<X64Arrival> WithBootParams(Clause<X64Arrival> clause) => clause with
    {
        Judge = arrival => HeaderClauses.BootParamsAreFound.Judge(arrival) is { Holds: true } ? clause.Judge(arrival) : null,
    };

    /// <summary>Where the kernel's first byte is, by the address at which it was entered.</summary>
    internal ulong KernelStart(X64Arrival arrival) => unchecked(arrival.State.Rip - _kernel.EntryOffset);

    /// <summary>What the kernel writes to before it looks at its memory map; null when it would wrap.</summary>
    /// <remarks>A kernel that was loaded below pref_address moves itself up to it, and init_size counts from there.</remarks>
    internal PhysicalRange? Footprint(X64Arrival arrival)
    {
        PhysicalAddress start = PhysicalAddress.Max(new(KernelStart(arrival)), _kernel.Preferred);
        return PhysicalRange.Fits(start, _kernel.Footprint) ? new PhysicalRange(start, _kernel.Footprint) : null;
    }

    /// <summary>Where boot_params is: what RSI says.</summary>
    internal static ulong BootParams(X64Arrival arrival) => arrival.State[X64Register.Rsi];

    /// <summary>The bytes of boot_params; zeros where there is no memory.</summary>
    internal static byte[] ReadBootParams(X64Arrival arrival) => arrival.Read(BootParams(arrival), BootParamsFields.Size);

    /// <summary>The segment that the crossing runs in.</summary>
    internal static Segment? Own(X64Arrival arrival) => arrival.SegmentAt(arrival.Handoff.Entry.Value);
}
