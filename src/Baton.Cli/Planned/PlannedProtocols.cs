using Baton.Handoffs;
using Baton.Protocols.LinuxArm64;
using Baton.Protocols.LinuxX86;

namespace Baton.Cli.Planned;

/// <summary>Chooses the protocol by the kernel; whether the machine is one for it, the protocol's planner says.</summary>
internal static class PlannedProtocols
{
    /// <summary>Every name of a segment that --place can give, whatever the protocol.</summary>
    public static IReadOnlyList<string> SegmentNames { get; } =
        [.. LinuxX86Planner.SegmentNames.Union(LinuxArm64Planner.SegmentNames)];

    /// <summary>Plans.</summary>
    /// <exception cref="Bytes.ImageFormatException">No protocol takes the kernel, or it breaks a rule.</exception>
    /// <exception cref="Memory.PlacementException">Something finds no place.</exception>
    public static IPlannedProtocol Plan(PlanInputs inputs) =>
        inputs.Image.FreeBsd is { Architecture: Architecture.Arm64 } ? FreeBsdArm64Plan.Make(inputs)
        : inputs.Image.FreeBsd is not null ? FreeBsdPlan.Make(inputs)
        : inputs.Image.Architecture == Architecture.Arm64 ? LinuxArm64Plan.Make(inputs)
        : LinuxX86Plan.Make(inputs);
}
