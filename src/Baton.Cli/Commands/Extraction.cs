using System.Globalization;
using Baton.Bytes;
using Baton.Compression;
using Baton.Formats;
using Baton.Formats.BzImage;
using Baton.Formats.Pe;
using Baton.Linux.Files;
using Baton.Reports;

namespace Baton.Cli.Commands;

/// <summary>
/// <c>baton inspect --extract</c>: unpacks the kernel inside a kernel, or takes a section out of a unified kernel image. The
/// output appears under its name when it is whole, and not before.
/// </summary>
internal static class Extraction
{
    /// <summary>The part that is unpacked, and no section.</summary>
    internal const string Vmlinux = "vmlinux";

    private const int HeadLength = 0x1000;

    internal static int Run(string file, string part, string output, bool force, CommandEnvironment environment)
    {
        OutputFile target = OutputFile.At(output, [file]);
        if (!force)
        {
            target.MustBeNew();
        }

        using FileSource source = FileSource.Open(file);
        Codecs codecs = new();
        (ulong size, Action<Stream> write) = part == Vmlinux ? Payload(source, codecs) : Section(source, part);
        target.Write(write, mayReplace: force);
        environment.Error.WriteLine($"baton: {output}: {Sizes.Of(size)}");
        return ExitCode.Ok;
    }

    private static (ulong Size, Action<Stream> Write) Payload(FileSource source, Codecs codecs)
    {
        KernelImage kernel = KernelImages.Open(source, codecs);
        BzImagePayload payload = kernel.Payload ?? throw new CommandException(
            ExitCode.DataError,
            kernel.BzImage is null
                ? $"{source.Name}: found {kernel.FormatText}, expected a bzImage: no other kernel has a vmlinux to take out"
                : $"{source.Name}: found a bzImage whose header names no payload within the file "
                    + $"(boot protocol {kernel.ProtocolVersion}): there is no vmlinux to take out");
        return (payload.UnpackedSize, stream => payload.Extract(stream, codecs));
    }

    /// <summary>A section by its name; behind a colon its number, where there are several of the name.</summary>
    private static (ulong Size, Action<Stream> Write) Section(FileSource source, string part)
    {
        UkiFile uki = OpenUki(source) ?? throw new CommandException(
            ExitCode.DataError, $"{source.Name}: no UKI (a PE image with a section {UkiFile.LinuxName}) to extract {part} from");
        string[] words = part.Split(':');
        UkiSection[] sections = [.. uki.Sections.Where(section => section.Name == words[0])];
        if (sections.Length == 0)
        {
            string names = string.Join(", ", uki.Sections.Select(section => section.Name).Distinct());
            throw new CommandException(ExitCode.DataError, $"{source.Name}: no section {words[0]}; there are {names}");
        }

        if (sections.Length > 1 && words.Length == 1)
        {
            throw new CommandException(
                ExitCode.Usage,
                $"{source.Name}: {sections.Length} sections {part}; say which: {part}:1 to {part}:{sections.Length}");
        }

        int number = 1;
        if (words.Length > 2 || (words.Length == 2
            && !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out number))
            || number < 1 || number > sections.Length)
        {
            throw new CommandException(
                ExitCode.Usage, $"--extract {part}: expected {words[0]}:N with N from 1 to {sections.Length}");
        }

        IByteSource content = sections[number - 1].Content;
        return ((ulong)content.Length, stream =>
        {
            using SourceStream bytes = new(content);
            bytes.CopyTo(stream);
        });
    }

    /// <summary>The file as a UKI, whatever the kernel in it is; null when it is none.</summary>
    private static UkiFile? OpenUki(FileSource source) =>
        PeFile.Matches(source.Window(0, HeadLength)) && PeFile.Open(source) is var pe && UkiFile.Matches(pe)
            ? UkiFile.Open(pe)
            : null;
}
