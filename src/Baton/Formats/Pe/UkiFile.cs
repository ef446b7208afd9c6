using System.Text;
using Baton.Bytes;
using Baton.Handoffs;

namespace Baton.Formats.Pe;

/// <summary>
/// A unified kernel image: a PE image whose sections are a kernel and what goes with it. Specification: UAPI.5, "Unified
/// Kernel Image (UKI)".
/// </summary>
public sealed class UkiFile
{
    /// <summary>The section that makes a PE image a unified kernel image.</summary>
    public const string LinuxName = ".linux";

    private const string ProfileName = ".profile";

    /// <summary>The longest section that is read as text, in bytes.</summary>
    private const int LongestText = 1 << 16;

    private UkiFile(PeFile pe, IReadOnlyList<UkiSection> sections)
    {
        Pe = pe;
        Sections = sections;
    }

    /// <summary>The image as a PE image.</summary>
    public PeFile Pe { get; }

    /// <summary>The sections that the specification names, in the order of their table.</summary>
    public IReadOnlyList<UkiSection> Sections { get; }

    /// <summary>How many profiles there are besides the base profile; each starts with a section <c>.profile</c>.</summary>
    public required int Profiles { get; init; }

    /// <summary>The kernel.</summary>
    public required IByteSource Linux { get; init; }

    public IByteSource? Initrd => Section(".initrd")?.Content;

    /// <summary>Microcode: an initrd that comes before the other one.</summary>
    public IByteSource? Ucode => Section(".ucode")?.Content;

    public IByteSource? Dtb => Section(".dtb")?.Content;

    /// <summary>
    /// The command line, as the stub hands it on: control characters become blanks, blanks at the end go. Null when there
    /// is none.
    /// </summary>
    public required string? CommandLine { get; init; }

    /// <summary>What <c>uname -r</c> says in the kernel; null when it is not given.</summary>
    public required string? Uname { get; init; }

    /// <summary>The PRETTY_NAME of <c>.osrel</c>; null when it is not given.</summary>
    public required string? PrettyName { get; init; }

    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Whether a PE image is a unified kernel image.</summary>
    public static bool Matches(PeFile pe)
    {
        ArgumentNullException.ThrowIfNull(pe);
        return pe.Section(LinuxName) is not null;
    }

    /// <summary>Reads the sections' places and the short texts in them.</summary>
    /// <exception cref="ImageFormatException">
    /// There is no kernel, a section is there twice, one other than the kernel's is longer than its bytes, or a text is too long.
    /// </exception>
    public static UkiFile Open(PeFile pe)
    {
        ArgumentNullException.ThrowIfNull(pe);
        List<UkiSection> sections = [];
        int? profile = null;
        foreach (PeSection section in pe.Sections.Where(s => IsKnown(s.Name)))
        {
            if (section.Name == ProfileName)
            {
                profile = (profile ?? -1) + 1;
            }

            if (IsUnique(section.Name) && sections.Exists(s => s.Name == section.Name && s.Profile == profile))
            {
                throw Fault(pe, section, ImageError.Inconsistent, "there are two sections of this name");
            }

            // What builds images counts the kernel's memory behind its bytes as part of the section. A kernel that lacks bytes of
            // its own is found out by its own format.
            if (section.Name != LinuxName && section.VirtualSize > section.SizeOfRawData)
            {
                throw Fault(
                    pe,
                    section,
                    ImageError.Inconsistent,
                    $"{section.VirtualSize} bytes in memory, but only {section.SizeOfRawData} in the file");
            }

            sections.Add(new UkiSection(
                section.Name,
                profile,
                section.PointerToRawData,
                new SourceSlice(
                    pe.Source, section.PointerToRawData, section.ContentLength, $"{pe.Source.Name}: {section.Name}")));
        }

        UkiSection linux = sections.Find(s => s.Name == LinuxName && s.Profile is null) ?? throw new ImageFormatException(
            ImageError.Missing,
            new ImageLocation(pe.Source.Name, pe.HeaderOffset, LinuxName),
            "no section of this name outside a profile, expected the kernel in it");
        string? release = Text(sections, ".osrel");
        return new UkiFile(pe, sections)
        {
            Profiles = profile is { } last ? last + 1 : 0,
            Linux = linux.Content,
            CommandLine = Text(sections, ".cmdline") is { } line ? Flat(line) : null,
            Uname = Text(sections, ".uname") is { } uname ? Flat(uname) : null,
            PrettyName = release is null ? null : PrettyNameOf(release),
            Findings = FindingsOf(pe, profile),
        };
    }

    /// <summary>A section of the base profile; null when there is none.</summary>
    public UkiSection? Section(string name) => Sections.FirstOrDefault(s => s.Name == name && s.Profile is null);

    /// <summary>A section as a profile has it: its own, or else the base profile's; null when neither has one.</summary>
    public UkiSection? Section(string name, int profile) =>
        Sections.FirstOrDefault(s => s.Name == name && s.Profile == profile) ?? Section(name);

    private static bool IsKnown(string name) => name is LinuxName or ".osrel" or ".cmdline" or ".initrd" or ".ucode"
        or ".splash" or ".dtb" or ".dtbauto" or ".efifw" or ".hwids" or ".uname" or ".sbat" or ".pcrsig" or ".pcrpkey"
        or ProfileName;

    /// <summary>A stub chooses one of several device trees and firmwares by the hardware.</summary>
    private static bool IsUnique(string name) => name is not (".dtbauto" or ".efifw");

    private static List<Finding> FindingsOf(PeFile pe, int? profile)
    {
        List<Finding> findings =
        [
            pe.Signature is { } signature
                ? new Finding(
                    Severity.Note,
                    "pe-signature",
                    $"A PE signature of {signature.Length} bytes is at 0x{signature.Offset:x}.")
                : new Finding(
                    Severity.Note, "pe-unsigned", "The image has no PE signature; with Secure Boot firmware refuses it."),
        ];
        if (profile is { } last)
        {
            findings.Add(new Finding(
                Severity.Note, "uki-profiles", $"There are {last + 1} profiles; the base profile is shown."));
        }

        return findings;
    }

    private static string? Text(List<UkiSection> sections, string name)
    {
        if (sections.Find(s => s.Name == name && s.Profile is null) is not { } section)
        {
            return null;
        }

        ReadOnlySpan<byte> bytes = section.Content.ReadAll(LongestText);
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private static string Flat(string text) =>
        new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]).TrimEnd(' ');

    private static string? PrettyNameOf(string release) => release.Split('\n')
        .Where(line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))
        .Select(line => Flat(line["PRETTY_NAME=".Length..]).Trim('"', '\''))
        .FirstOrDefault();

    private static ImageFormatException Fault(PeFile pe, PeSection section, ImageError error, string problem) =>
        new(error, new ImageLocation(pe.Source.Name, section.PointerToRawData, section.Name), problem);
}
