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

    private const string ProfileSection = ".profile";

    /// <summary>The finding that says which profile is taken.</summary>
    public const string ProfilesId = "uki-profiles";

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

    /// <summary>
    /// The profile that is taken: the first, as a stub does that is not told otherwise; null when there is only the base profile.
    /// </summary>
    public int? Profile => ProfileOf(Profiles);

    /// <summary>What the taken profile calls itself: its ID, or else its TITLE; null when it is not given.</summary>
    public required string? ProfileName { get; init; }

    /// <summary>The sections that are taken: the profile's own, and those of the base that it does not replace.</summary>
    public IEnumerable<UkiSection> Taken => Sections.Where(section => section.Profile == Profile
        || (section.Profile is null && !Sections.Any(other => other.Profile == Profile && other.Name == section.Name)));

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
            if (section.Name == ProfileSection)
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

        int profiles = profile is { } last ? last + 1 : 0;
        UkiSection linux = Find(sections, LinuxName, ProfileOf(profiles)) ?? throw new ImageFormatException(
            ImageError.Missing,
            new ImageLocation(pe.Source.Name, pe.HeaderOffset, LinuxName),
            "no section of this name outside the profiles or in the first, expected the kernel in it");
        string? release = Text(sections, ".osrel", profiles);
        string? about = Text(sections, ProfileSection, profiles);
        string? title = about is null ? null : ValueOf(about, "ID") ?? ValueOf(about, "TITLE");
        return new UkiFile(pe, sections)
        {
            Profiles = profiles,
            ProfileName = title,
            Linux = linux.Content,
            CommandLine = Text(sections, ".cmdline", profiles) is { } line ? Flat(line) : null,
            Uname = Text(sections, ".uname", profiles) is { } uname ? Flat(uname) : null,
            PrettyName = release is null ? null : ValueOf(release, "PRETTY_NAME"),
            Findings = FindingsOf(pe, profiles, title),
        };
    }

    /// <summary>A section as the taken profile has it; null when there is none.</summary>
    public UkiSection? Section(string name) => Find(Sections, name, Profile);

    /// <summary>A section as a profile has it: its own, or else the base profile's; null when neither has one.</summary>
    public UkiSection? Section(string name, int profile) => Find(Sections, name, profile);

    private static UkiSection? Find(IReadOnlyList<UkiSection> sections, string name, int? profile) =>
        sections.FirstOrDefault(s => s.Name == name && s.Profile == profile)
        ?? sections.FirstOrDefault(s => s.Name == name && s.Profile is null);

    private static int? ProfileOf(int profiles) => profiles > 0 ? 0 : null;

    private static bool IsKnown(string name) => name is LinuxName or ".osrel" or ".cmdline" or ".initrd" or ".ucode"
        or ".splash" or ".dtb" or ".dtbauto" or ".efifw" or ".hwids" or ".uname" or ".sbat" or ".pcrsig" or ".pcrpkey"
        or ProfileSection;

    /// <summary>A stub chooses one of several device trees and firmwares by the hardware.</summary>
    private static bool IsUnique(string name) => name is not (".dtbauto" or ".efifw");

    private static List<Finding> FindingsOf(PeFile pe, int profiles, string? title)
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
        if (profiles > 0)
        {
            findings.Add(new Finding(
                Severity.Note,
                ProfilesId,
                $"{pe.Source.Name} has {profiles} profiles; the first{(title is null ? "" : $" ({title})")} is taken, with what "
                + "the base profile has beside it, as a boot stub does that is not told otherwise."));
        }

        return findings;
    }

    private static string? Text(List<UkiSection> sections, string name, int profiles)
    {
        if (Find(sections, name, ProfileOf(profiles)) is not { } section)
        {
            return null;
        }

        ReadOnlySpan<byte> bytes = section.Content.ReadAll(LongestText);
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private static string Flat(string text) =>
        new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]).TrimEnd(' ');

    private static string? ValueOf(string text, string key) => text.Split('\n')
        .Where(line => line.StartsWith($"{key}=", StringComparison.Ordinal))
        .Select(line => Flat(line[(key.Length + 1)..]).Trim('"', '\''))
        .FirstOrDefault();

    private static ImageFormatException Fault(PeFile pe, PeSection section, ImageError error, string problem) =>
        new(error, new ImageLocation(pe.Source.Name, section.PointerToRawData, section.Name), problem);
}
