using Baton.Handoffs;

namespace Baton.Protocols.FreeBsd;

/// <summary>What a kernel's variables say beyond what was asked for.</summary>
internal static class KernelVariables
{
    /// <summary>The variable with the kernel's path.</summary>
    public const string KernelName = "kernelname";

    /// <summary>The variable with the address of ACPI's RSDP.</summary>
    public const string Rsdp = "acpi.rsdp";

    /// <summary>The same for amd64 kernels before 11 and arm64 kernels up to 13.1; loaders set both.</summary>
    public const string OldRsdp = "hint.acpi.0.rsdp";

    /// <summary>The variables of a request, with those that the kernel needs and nobody has set.</summary>
    public static KernelEnvironment Of(FreeBsdRequest request)
    {
        KernelEnvironment environment = request.Variables.Copy();
        environment.SetDefault(KernelName, request.KernelPath);
        if (request.Machine.AcpiRsdp is { } rsdp)
        {
            string address = $"0x{rsdp.Value:x16}";
            environment.SetDefault(Rsdp, address);
            environment.SetDefault(OldRsdp, address);
        }

        return environment;
    }

    /// <summary>What the user should know of the variables.</summary>
    public static IEnumerable<Finding> Notes(FreeBsdRequest request)
    {
        if (request.Variables["vfs.root.mountfrom"] is null
            && !request.Files.Any(file => file.Type is ModInfo.MemoryDiskType or ModInfo.MfsRootType))
        {
            yield return new Finding(
                Severity.Warning,
                "no-root",
                "nothing tells the kernel its root file system: it will ask for one; set vfs.root.mountfrom");
        }
    }
}
