using Baton.Bytes;

namespace Baton.Protocols.FreeBsd;

/// <summary>How to boot: the word that the record HOWTO holds (sys/sys/reboot.h).</summary>
[Flags]
public enum BootHowto : uint
{
    None = 0,
    AskName = 0x1,
    Single = 0x2,
    DfltRoot = 0x20,
    Kdb = 0x40,
    Verbose = 0x800,
    Serial = 0x1000,
    CdRom = 0x2000,
    Gdb = 0x8000,
    Mute = 0x1_0000,
    Pause = 0x10_0000,
    Probe = 0x1000_0000,
    Multiple = 0x2000_0000,
}

/// <summary>Where a kernel's howto comes from: letters (<c>-sv</c>) and variables (<c>boot_single</c>).</summary>
public static class BootFlags
{
    private static readonly (char Letter, string? Variable, BootHowto Flag)[] Known =
    [
        ('a', "boot_askname", BootHowto.AskName),
        ('C', "boot_cdrom", BootHowto.CdRom),
        ('d', "boot_ddb", BootHowto.Kdb),
        ('r', "boot_dfltroot", BootHowto.DfltRoot),
        ('g', "boot_gdb", BootHowto.Gdb),
        ('D', "boot_multicons", BootHowto.Multiple),
        ('m', "boot_mute", BootHowto.Mute),
        ('p', "boot_pause", BootHowto.Pause),
        ('h', "boot_serial", BootHowto.Serial),
        ('s', "boot_single", BootHowto.Single),
        ('v', "boot_verbose", BootHowto.Verbose),
        ('P', null, BootHowto.Probe),
    ];

    /// <summary>Reads letters, with or without a dash.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.BadSyntax"/>: a letter that no kernel knows.</exception>
    public static BootHowto Parse(string letters) => Parse(letters, problem => throw problem);

    /// <summary>Reads letters, and passes over those that no kernel knows.</summary>
    /// <param name="letters">The letters, with or without a dash.</param>
    /// <param name="onProblem">Takes each that is passed over, or throws it.</param>
    public static BootHowto Parse(string letters, Action<ImageFormatException> onProblem)
    {
        ArgumentNullException.ThrowIfNull(letters);
        ArgumentNullException.ThrowIfNull(onProblem);
        BootHowto howto = BootHowto.None;
        foreach (char letter in letters.Where(c => c != '-' && !char.IsWhiteSpace(c)))
        {
            BootHowto flag = Known.FirstOrDefault(known => known.Letter == letter).Flag;
            if (flag == BootHowto.None)
            {
                onProblem(new ImageFormatException(
                    ImageError.BadSyntax,
                    new ImageLocation("boot flags", letters.IndexOf(letter, StringComparison.Ordinal), "flag"),
                    $"found '{letter}', expected letters of {string.Concat(Known.Select(known => known.Letter))}"));
            }

            howto |= flag;
        }

        return howto;
    }

    /// <summary>What the variables say: <c>boot_*</c> counts unless it is "no", and so does the console.</summary>
    public static BootHowto Of(KernelEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        BootHowto howto = BootHowto.None;
        foreach ((_, string? variable, BootHowto flag) in Known)
        {
            if (variable is not null && environment[variable] is { } value
                && !value.Equals("no", StringComparison.OrdinalIgnoreCase))
            {
                howto |= flag;
            }
        }

        return howto | OfConsole(environment["console"] ?? "");
    }

    private static BootHowto OfConsole(string console)
    {
        string[] names = console.Split([' ', ',', '\t'], StringSplitOptions.RemoveEmptyEntries);
        bool isSerial = names.Contains("comconsole");
        bool isVideo = names.Any(name => name is "vidconsole" or "efi");
        return (isSerial && isVideo ? BootHowto.Multiple : BootHowto.None)
            | (isSerial && names[0] == "comconsole" ? BootHowto.Serial : BootHowto.None)
            | (names.Contains("nullconsole") ? BootHowto.Mute : BootHowto.None);
    }
}
