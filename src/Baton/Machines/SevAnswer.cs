using System.Globalization;
using System.Text;
using Baton.Bytes;

namespace Baton.Machines;

/// <summary>
/// What the processor itself says of Secure Encrypted Virtualization. In a guest of KVM it is the only sign: the kernel takes
/// the flags out of /proc/cpuinfo there.
/// </summary>
/// <param name="Features">EAX of CPUID 0x8000001f (AMD APM volume 3, appendix E.4.17); 0 where there is no such leaf.</param>
/// <param name="Status">
/// The register SEV_STATUS, MSR 0xc0010131 (AMD APM volume 2, section 15.34.10); null when it could not be read.
/// </param>
public sealed record SevAnswer(uint Features, ulong? Status)
{
    private const string FeaturesName = "cpuid_8000001f_eax";
    private const string StatusName = "sev_status";

    /// <summary>
    /// What says that a virtual machine is encrypted, for people; null when it is not. Some hypervisors show their guests what
    /// the host could do, so that the register decides where it can be read; else it is assumed that the guest is encrypted.
    /// </summary>
    public string? Sign => Status is { } status
        ? (status & 1) == 0 ? null : $"SEV_STATUS tells of {NameOf(isSnp: (status & 4) != 0, isEs: (status & 2) != 0)}"
        : (Features & 2) == 0 ? null
        : $"CPUID 0x8000001f tells of {NameOf(isSnp: (Features & 16) != 0, isEs: (Features & 8) != 0)}; that it is in use is "
            + "assumed, because /dev/cpu/0/msr may not be read: load msr.ko as root (`modprobe msr`) to be sure";

    /// <summary>Reads a machine's answer; null when it has none.</summary>
    /// <exception cref="ImageFormatException">The file is malformed.</exception>
    public static SevAnswer? Read(IFileTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        TreeFile file = tree.Read(RecordPaths.Sev);
        if (!file.IsPresent)
        {
            return null;
        }

        TextFile text = TextFile.Of(tree, RecordPaths.Sev, file);
        uint? features = null;
        ulong? status = null;
        foreach (TextLine line in text.Lines())
        {
            string[] parts = line.Text.Split('=', 2);
            switch (parts)
            {
                case [FeaturesName, string number]:
                    ulong value = line.Number(number, FeaturesName);
                    features = value <= uint.MaxValue
                        ? (uint)value
                        : throw line.Fault(
                            ImageError.OutOfRange, FeaturesName, $"found 0x{value:x}, expected a number of 32 bits");
                    break;
                case [StatusName, string number]:
                    status = line.Number(number, StatusName);
                    break;
                default:
                    throw line.Fault(
                        ImageError.BadSyntax,
                        "line",
                        $"found {TextLine.Show(line.Text)}, expected \"{FeaturesName}=0x…\" or \"{StatusName}=0x…\"");
            }
        }

        return features is { } found
            ? new SevAnswer(found, status)
            : throw text.First(FeaturesName).Fault(ImageError.Missing, FeaturesName, "there is no such line");
    }

    /// <summary>The answer as the file <see cref="RecordPaths.Sev"/> has it.</summary>
    public byte[] ToFile() => Encoding.ASCII.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{FeaturesName}=0x{Features:x}\n")
            + (Status is { } status ? string.Create(CultureInfo.InvariantCulture, $"{StatusName}=0x{status:x}\n") : ""));

    private static string NameOf(bool isSnp, bool isEs) => isSnp ? "SEV-SNP" : isEs ? "SEV-ES" : "SEV";
}
