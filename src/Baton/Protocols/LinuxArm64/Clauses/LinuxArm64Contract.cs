using Baton.Formats.DeviceTrees;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;

namespace Baton.Protocols.LinuxArm64.Clauses;

/// <summary>
/// What an arm64 Linux kernel must find at its first byte: the demands of Documentation/arch/arm64/booting.rst, and what
/// docs/protocols/linux-arm64.md promises beyond them. Judged from the simulated machine's registers, memory and caches
/// alone; what should be there comes from the kernel's header, the request and the machine, not from the planner's results.
/// </summary>
public sealed class LinuxArm64Contract
{
    internal const string SetupTree = "booting.rst, Setup the device tree";

    internal const string CallImage = "booting.rst, Call the kernel image";

    internal const string OwnPromise = "docs/protocols/linux-arm64.md, The device tree";

    private LinuxArm64Contract(LinuxArm64Request request, Handoff handoff)
    {
        Request = request;
        Handoff = handoff;
        Running = RunningDeviceTree.Of(request.Machine);
        Base = IsGiven ? DeviceTree.Parse(request.DeviceTree, request.DeviceTreeName) : Running;
    }

    internal LinuxArm64Request Request { get; }

    internal LinuxArm64Kernel Kernel => Request.Kernel;

    internal Machine Machine => Request.Machine;

    internal Handoff Handoff { get; }

    /// <summary>The running kernel's device tree; null when there is none.</summary>
    internal DeviceTree? Running { get; }

    /// <summary>The tree that tells of the hardware: the one that the user gives, else the running kernel's.</summary>
    internal DeviceTree? Base { get; }

    /// <summary>Whether the user gives a device tree.</summary>
    internal bool IsGiven => !Request.DeviceTree.IsEmpty;

    /// <summary>The contract for one handoff.</summary>
    /// <param name="request">What was to be planned.</param>
    /// <param name="handoff">What was planned.</param>
    public static Contract<Arm64Arrival> For(LinuxArm64Request request, Handoff handoff)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(handoff);
        LinuxArm64Contract contract = new(request, handoff);
        return new Contract<Arm64Arrival>(
            handoff.Protocol,
            [
                .. ProcessorClauses.All,
                .. new CacheClauses(contract).All,
                .. new PlacementClauses(contract).All,
                .. new DeviceTreeClauses(contract).All,
                .. new SetAsideClauses(contract).All,
                .. new ChosenClauses(contract).All,
            ]);
    }

    /// <summary>Where the kernel's first byte is: where it was entered.</summary>
    internal static PhysicalAddress KernelStart(Arm64Arrival arrival) => new(arrival.Processor.ProgramCounter);

    /// <summary>What the kernel uses before it looks at its memory map; null when it would wrap.</summary>
    internal PhysicalRange? Footprint(Arm64Arrival arrival) =>
        PhysicalRange.Fits(KernelStart(arrival), Kernel.MemorySize)
            ? new PhysicalRange(KernelStart(arrival), Kernel.MemorySize)
            : null;
}
