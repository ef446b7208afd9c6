using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Baton.Bytes;
using Baton.Linux.Files;
using Baton.Machines;

namespace Baton.Tests.Machines;

/// <summary>Machine records: what the writer and the shell script make, and what the reader makes of it.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed partial class RecordTests : IDisposable
{
    /// <summary>Files that change between two looks.</summary>
    private static readonly string[] Volatile = ["proc/meminfo", "proc/self/status", "proc/cpuinfo"];

    private static readonly string Script = Path.Join(AppContext.BaseDirectory, "tools", "record-machine.sh");

    private readonly string _folder = Directory.CreateTempSubdirectory("baton-record-test").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_machine_read_from_its_record_is_the_same_machine()
    {
        (Dictionary<string, string> files, byte[] bootParams) = Trees.UefiPc();
        MemoryFileTree tree = Trees.Of(files, bootParams, "sys/firmware/fdt", "sys/firmware/efi/runtime-map/3/phys_addr");
        using MemoryStream archive = new();

        IReadOnlyList<string> denied = MachineRecordWriter.Write(tree, archive);
        MemoryFileTree read = TarFileTree.Read(new MemoryStream(archive.ToArray()), "test");

        Assert.Equal(["sys/firmware/efi/runtime-map/3/phys_addr", "sys/firmware/fdt"], denied);
        Assert.Equal(Reports.ReportText(MachineReader.Read(tree)), Reports.ReportText(MachineReader.Read(read)));

        using MemoryStream again = new();
        Assert.Equal(denied, MachineRecordWriter.Write(read, again));
        Assert.Equal(archive.ToArray(), again.ToArray());
    }

    [Fact]
    public void The_script_has_the_same_list_of_files()
    {
        string text = File.ReadAllText(Script);
        Assert.Equal(RecordPaths.Patterns, HereDocument().Match(text).Groups[1].Value.Split('\n'));
    }

    [Theory]
    [InlineData("dash")]
    [InlineData("busybox sh")]
    public void The_script_makes_the_same_record_of_a_tree(string shell)
    {
        (Dictionary<string, string> files, byte[] bootParams) = Trees.UefiPc();
        string root = Path.Join(_folder, "root");
        foreach ((string path, string text) in files)
        {
            WriteFile(Path.Join(root, path), Encoding.UTF8.GetBytes(text));
        }

        WriteFile(Path.Join(root, "sys/kernel/boot_params/data"), bootParams);
        WriteFile(Path.Join(root, "sys/class/graphics/fb0/name"), "EFI VGA\n"u8.ToArray());
        WriteFile(Path.Join(root, "sys/kernel/not-for-the-record"), [1]);
        byte[] map = EfiMaps.Bytes();
        WriteMemory(Path.Join(root, "dev/mem"), EfiMaps.Start, map);

        Assert.Equal("", RunShell(shell, "made.tar", root));

        MemoryFileTree made = ReadTar("made.tar");
        Assert.Equal(map, made.Read(RecordPaths.EfiMap).Bytes.ToArray());
        AssertSame(made, ReadTar(Written(new SystemFileTree(root))), []);
        Assert.Equal(3, MachineReader.Read(made).Efi?.CompleteMap?.Count);

        // A kernel whose /dev/mem does not show RAM has it in /proc/kcore.
        File.Delete(Path.Join(root, "dev/mem"));
        WriteFile(Path.Join(root, "proc/kcore"), EfiMaps.Core(map));
        Assert.Equal("", RunShell(shell, "core.tar", root));
        AssertSame(made, ReadTar("core.tar"), []);
        AssertSame(made, ReadTar(Written(new SystemFileTree(root))), []);

        // Where neither does, the record has none.
        File.Delete(Path.Join(root, "proc/kcore"));
        Assert.Equal("", RunShell(shell, "hidden.tar", root));
        MemoryFileTree hidden = ReadTar("hidden.tar");
        AssertSame(hidden, ReadTar(Written(new SystemFileTree(root))), []);
        Assert.Contains(
            "neither /dev/mem nor /proc/kcore", MachineReader.Read(hidden).Efi?.CompleteMapProblem, StringComparison.Ordinal);

        // Fewer descriptors than there are runtime regions: what kexec leaves, and nothing to copy.
        Assert.Null(MachineReader.Read(hidden).Efi?.HiddenMap);
    }

    [Theory]
    [InlineData("dash")]
    [InlineData("busybox sh")]
    public void The_script_makes_the_same_record_of_this_machine(string shell)
    {
        RunShell(shell, "live.tar.gz", "/");

        MemoryFileTree made = ReadTar("live.tar.gz");
        AssertSame(made, ReadTar(Written(new SystemFileTree("/"))), Volatile);
        Trees.Touch(MachineReader.Read(made));
    }

    [Fact]
    public void The_script_lists_what_it_could_not_read()
    {
        string root = Path.Join(_folder, "root");
        WriteFile(Path.Join(root, "proc/iomem"), "00000000-00000000 : System RAM\n"u8.ToArray());
        WriteFile(Path.Join(root, "sys/firmware/efi/systab"), [1]);
        File.SetUnixFileMode(Path.Join(root, "sys/firmware/efi/systab"), UnixFileMode.None);

        // Root may read everything, so the script runs as somebody else.
        string shell = Environment.UserName == "root"
            ? "setpriv --reuid=65534 --regid=65534 --clear-groups dash"
            : "dash";
        foreach (string folder in Directory.GetDirectories(_folder, "*", SearchOption.AllDirectories).Append(_folder))
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        }

        string said = RunShell(shell, "made.tar", root);

        Assert.Contains("sys/firmware/efi/systab", said, StringComparison.Ordinal);
        Assert.Contains("Run as root", said, StringComparison.Ordinal);
        MemoryFileTree made = ReadTar("made.tar");
        Assert.Equal("sys/firmware/efi/systab\n", made.Read(RecordPaths.Denied).Text);
    }

    /// <summary>A limit on the size of files stands for a file system that is full.</summary>
    [Theory]
    [InlineData("dash")]
    [InlineData("busybox sh")]
    public void The_script_tells_a_full_disk_from_a_file_that_cannot_be_read(string shell)
    {
        string root = Path.Join(_folder, "root");
        WriteFile(Path.Join(root, "proc/iomem"), Encoding.ASCII.GetBytes(new string('\n', 1 << 16)));
        string limited = Path.Join(_folder, "limited");
        File.WriteAllText(limited, $"ulimit -f 8\nexec {shell} \"$@\"\n");

        string said = RunShell($"dash {limited}", "made.tar", root, exitCode: 74);

        Assert.Contains("proc/iomem could not be written", said, StringComparison.Ordinal);
        Assert.DoesNotContain("run as root", said, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("made.tar")]
    [InlineData("made.tar.gz")]
    public void The_script_fails_where_tar_does(string output)
    {
        string root = Path.Join(_folder, "root");
        WriteFile(Path.Join(root, "proc/iomem"), Encoding.ASCII.GetBytes(Trees.IoMem));
        string tar = Path.Join(_folder, "bin", "tar");
        WriteFile(tar, "#!/bin/sh\nprintf part\nexit 2\n"u8.ToArray());
        File.SetUnixFileMode(tar, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string without = Path.Join(_folder, "with-a-tar-that-fails");
        File.WriteAllText(without, $"PATH={Path.GetDirectoryName(tar)}:$PATH\nexec dash \"$@\"\n");

        RunShell($"dash {without}", output, root, exitCode: 74);
    }

    [Fact]
    public void A_record_of_a_later_form_is_refused()
    {
        Dictionary<string, string> files = Trees.Pc();
        files[RecordPaths.Version] = "2\n";
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => MachineReader.Read(Trees.Of(files)));
        Assert.Equal(ImageError.UnsupportedVersion, e.Error);
    }

    [Fact]
    public void Survives_every_damage_to_the_archive()
    {
        byte[] archive = Archive(TarEntryFormat.Gnu);
        Corruptions.Check(archive, bytes => Assert.NotNull(Contents(bytes)), step: 7);
        Corruptions.Check(
            archive, bytes => Trees.Touch(MachineReader.Read(TarFileTree.Read(new MemoryStream(bytes), "r"))), 5_000, 53);
        Corruptions.Check(Gzip(archive), bytes => Assert.NotNull(Contents(bytes)), 20_000, 3);
        Corruptions.Check(Archive(TarEntryFormat.Ustar), bytes => Assert.NotNull(Contents(bytes)), 10_000, 97);

        static string Contents(byte[] bytes)
        {
            MemoryFileTree tree = TarFileTree.Read(new MemoryStream(bytes), "record");
            return string.Concat(tree.Paths.Select(path => $"{path} {tree.Read(path).Bytes.Length}"));
        }
    }

    [Fact]
    public void No_part_of_an_archive_passes_for_the_whole()
    {
        byte[] archive = Archive(TarEntryFormat.Ustar);
        int whole = TarFileTree.Read(new MemoryStream(archive), "whole").Paths.Count();
        foreach (byte[] bytes in (byte[][])[archive, Gzip(archive)])
        {
            for (int length = 0; length < bytes.Length; length++)
            {
                MemoryStream part = new(bytes[..length]);
                try
                {
                    // What is cut off may be padding: then nothing is missing.
                    Assert.Equal(whole, TarFileTree.Read(part, "part").Paths.Count());
                }
                catch (ImageFormatException e)
                {
                    Assert.NotEqual(ImageError.OutOfRange, e.Error);
                }
            }
        }
    }

    [Fact]
    public void Refuses_an_archive_that_unpacks_to_too_much()
    {
        byte[] bomb = Gzip(new byte[FileLimits.TotalBytes + 1]);
        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => TarFileTree.Read(new MemoryStream(bomb), "bomb"));
        Assert.Equal(ImageError.OutOfRange, e.Error);
    }

    [GeneratedRegex("<<LIST\n(.*?)\nLIST\n", RegexOptions.Singleline)]
    private static partial Regex HereDocument();

    private static void WriteMemory(string path, long offset, byte[] bytes)
    {
        WriteFile(path, []);
        using FileStream memory = File.OpenWrite(path);
        memory.Position = offset;
        memory.Write(bytes);
    }

    private static void AssertSame(MemoryFileTree expected, MemoryFileTree actual, string[] except)
    {
        // No shell can ask the processor.
        Assert.Equal(expected.Paths, actual.Paths.Except([RecordPaths.Sev]));
        Assert.NotEmpty(expected.Paths);
        foreach (string path in expected.Paths.Except(except))
        {
            Assert.True(
                expected.Read(path).Bytes.Span.SequenceEqual(actual.Read(path).Bytes.Span), $"{path} differs");
        }
    }

    /// <summary>A small record; in GNU's form with a name too long for one header.</summary>
    /// <param name="format">The archive's.</param>
    /// <param name="more">The path of one more file, which is empty.</param>
    internal static byte[] Archive(TarEntryFormat format, string? more = null)
    {
        using MemoryStream archive = new();
        using (TarWriter writer = new(archive, format, leaveOpen: true))
        {
            Dictionary<string, string> files = new()
            {
                ["proc/sys/kernel/arch"] = "x86_64\n",
                ["proc/iomem"] = Trees.IoMem,
            };
            if (more is not null)
            {
                files[more] = "";
            }

            if (format == TarEntryFormat.Gnu)
            {
                files["proc/" + new string('n', 120)] = "";
            }

            foreach ((string path, string text) in files)
            {
                using MemoryStream data = new(Encoding.UTF8.GetBytes(text));
                TarEntry entry = format == TarEntryFormat.Gnu
                    ? new GnuTarEntry(TarEntryType.RegularFile, path)
                    : new UstarTarEntry(TarEntryType.RegularFile, path);
                entry.DataStream = data;
                entry.ModificationTime = DateTimeOffset.UnixEpoch;
                writer.WriteEntry(entry);
            }
        }

        return archive.ToArray();
    }

    internal static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    private static void WriteFile(string path, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }

    private string Written(IFileTree tree)
    {
        using FileStream file = File.Create(Path.Join(_folder, "written.tar"));
        MachineRecordWriter.Write(tree, file);
        return "written.tar";
    }

    private MemoryFileTree ReadTar(string file)
    {
        using FileStream stream = File.OpenRead(Path.Join(_folder, file));
        return TarFileTree.Read(stream, file);
    }

    private string RunShell(string shell, string output, string root, int exitCode = 0)
    {
        string[] words = shell.Split(' ');
        ProcessStartInfo start = new(words[0], [.. words[1..], Script, output, root])
        {
            WorkingDirectory = _folder,
            RedirectStandardError = true,
        };
        start.Environment["TMPDIR"] = _folder;
        using Process process = Process.Start(start)!;
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == exitCode, $"{process.ExitCode}: {said}");
        return said;
    }
}
