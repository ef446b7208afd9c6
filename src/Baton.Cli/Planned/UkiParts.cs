using Baton.Bytes;
using Baton.Formats.Pe;
using Baton.Handoffs;
using Baton.Protocols.Linux;

namespace Baton.Cli.Planned;

/// <summary>
/// What a unified kernel image brings along beside the kernel, as its stub would hand it on, and what of it cannot be
/// handed on here.
/// </summary>
internal static class UkiParts
{
    /// <summary>Sections that are for people, for firmware, or for the choice of an image.</summary>
    private static readonly string[] Silent = [UkiFile.LinuxName, ".osrel", ".uname", ".sbat", ".hwids"];

    /// <summary>The initrds in their order: microcode, which x86 alone has, comes first.</summary>
    public static IEnumerable<IByteSource> Initrds(UkiFile uki, Architecture architecture)
    {
        if (uki.Ucode is { Length: > 0 } microcode && architecture == Architecture.X64)
        {
            yield return microcode;
        }

        if (uki.Initrd is { Length: > 0 } initrd)
        {
            yield return initrd;
        }
    }

    /// <summary>The command line that is wanted: the image's, unless the user gives one or takes the running kernel's.</summary>
    /// <param name="uki">The image; null where the kernel is in none.</param>
    /// <param name="wanted">What the user said.</param>
    public static CommandLineRequest CommandLine(UkiFile? uki, CommandLineRequest wanted) =>
        uki is null || IsGiven(wanted) ? wanted : wanted with { Whole = uki.CommandLine };

    /// <summary>Whether the user gives a command line, so that the image's is not used.</summary>
    public static bool IsGiven(CommandLineRequest wanted) => wanted.Whole is not null || wanted.Reuse;

    /// <summary>The device tree; null where there is none, or none is taken.</summary>
    public static IByteSource? DeviceTree(UkiFile uki, Architecture architecture) =>
        architecture == Architecture.Arm64 && uki.Dtb is { Length: > 0 } tree ? tree : null;

    /// <summary>Tells which profile is taken, and what is left out.</summary>
    /// <param name="uki">The image.</param>
    /// <param name="architecture">The kernel's.</param>
    /// <param name="hasOwnLine">Whether the user gives a command line.</param>
    /// <param name="hasOwnTree">Whether the user gives a device tree.</param>
    public static IEnumerable<Finding> Findings(
        UkiFile uki, Architecture architecture, bool hasOwnLine, bool hasOwnTree)
    {
        foreach (Finding profile in uki.Findings.Where(finding => finding.Id == UkiFile.ProfilesId))
        {
            yield return profile;
        }

        bool isArm = architecture == Architecture.Arm64;
        foreach (UkiSection section in uki.Taken)
        {
            string? why = section.Name switch
            {
                ".cmdline" when hasOwnLine => "the command line is given",
                ".dtb" when hasOwnTree => "the device tree is given",
                ".dtb" or ".dtbauto" when !isArm => "a kernel for amd64 takes no device tree",
                ".dtbauto" => "it is for one kind of hardware, and nothing chooses; extract it and give it with --dtb",
                ".ucode" when isArm => "it is for x86",
                ".efifw" => "firmware is for the boot stub to install",
                ".splash" => "there is no boot stub to show it",
                ".pcrsig" or ".pcrpkey" => "nothing is measured into a TPM here, so what is sealed to this image stays sealed",
                _ => null,
            };
            if (why is not null && !Silent.Contains(section.Name))
            {
                bool matters = section.Name is ".pcrsig" or ".pcrpkey" or ".dtbauto" or ".efifw";
                yield return new Finding(
                    matters ? Severity.Warning : Severity.Note,
                    "uki-section-unused",
                    $"the section {section.Name} of {uki.Pe.Source.Name} is not used: {why}");
            }
        }
    }
}
