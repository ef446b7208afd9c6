using Baton.Bytes;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;
using Baton.Machines;

namespace Baton.Protocols.FreeBsd;

/// <summary>Everything that a plan for a FreeBSD kernel is made of.</summary>
public sealed record FreeBsdRequest
{
    public required FreeBsdKernelFile Kernel { get; init; }

    /// <summary>The path that the kernel is told of itself: the variable <c>kernelname</c>.</summary>
    public string KernelPath { get; init; } = "/boot/kernel/kernel";

    /// <summary>Modules, memory disks and the like, in the order in which they are placed.</summary>
    public IReadOnlyList<PreloadedFile> Files { get; init; } = [];

    /// <summary>The variables of the user and of the configuration files.</summary>
    public required KernelEnvironment Variables { get; init; }

    /// <summary>Flags beyond those that the variables stand for.</summary>
    public BootHowto Howto { get; init; }

    public required Machine Machine { get; init; }

    /// <summary>
    /// Whether the handoff is carried out in the boot that <see cref="Machine"/> tells of. In a later one the firmware's EFI
    /// map may lie elsewhere, and cannot be copied from where it is now.
    /// </summary>
    public bool IsForThisBoot { get; init; } = true;

    /// <summary>Kernel and machine must be of one architecture, a planner's.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.WrongArchitecture"/>: one of them is not.</exception>
    internal void Require(Architecture architecture)
    {
        if (Machine.Architecture != architecture || Kernel.Architecture != architecture)
        {
            throw Refuse(
                ImageError.WrongArchitecture,
                "e_machine",
                $"a FreeBSD kernel for {Kernel.Architecture}, and the machine is {Machine.Architecture}");
        }
    }

    /// <summary>Why the kernel cannot be handed over to.</summary>
    internal ImageFormatException Refuse(ImageError error, string field, string problem) =>
        new(error, new ImageLocation(Kernel.Elf.Source.Name, 0, field), problem);
}
