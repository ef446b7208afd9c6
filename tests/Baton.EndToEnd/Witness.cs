using Baton.Bytes;
using Baton.Machines;

namespace Baton.EndToEnd;

/// <summary>What a kernel really saw, as its own userspace reports it.</summary>
public sealed class Witness
{
    /// <param name="record">A machine record with a few files more, as guest/functions makes it.</param>
    public Witness(byte[] record)
    {
        using MemoryStream stream = new(record);
        Files = TarFileTree.Read(stream, "witness");
        Machine = MachineReader.Read(Files);
    }

    /// <summary>The files of proc and sysfs.</summary>
    public MemoryFileTree Files { get; }

    /// <summary>The machine as our own reader understands those files.</summary>
    public Machine Machine { get; }

    /// <summary>The kernel's log.</summary>
    public string KernelLog => Files.Read("witness/dmesg").Text ?? "";

    /// <summary>The command line that it was given.</summary>
    public string CommandLine => Files.Read("proc/cmdline").Line ?? "";

    /// <summary>SHA-256 of every file of the initramfs, in hexadecimal, by path.</summary>
    public IReadOnlyDictionary<string, string> Checksums =>
        Lines("witness/sha256").ToDictionary(line => line[66..].TrimStart('/'), line => line[..64]);

    /// <summary>The names of the ACPI tables that it found.</summary>
    public IReadOnlyList<string> AcpiTables => Lines("witness/acpi");

    /// <summary>
    /// The firmware's memory map as it reached the kernel: each range with its type, sorted. Neighbours of the same
    /// type count as one range: kexec_file_load passes on ranges that the running kernel has cut for its own use.
    /// </summary>
    public IReadOnlyList<string> FirmwareMemmap
    {
        get
        {
            List<(ulong Start, ulong End, string Type)> merged = [];
            foreach ((ulong start, ulong end, string type) in MemmapEntries().OrderBy(range => range.Start))
            {
                if (merged.Count > 0 && merged[^1].Type == type && merged[^1].End + 1 == start)
                {
                    merged[^1] = merged[^1] with { End = end };
                }
                else
                {
                    merged.Add((start, end, type));
                }
            }

            return [.. merged.Select(range => $"0x{range.Start:x}-0x{range.End:x} {range.Type}")];
        }
    }

    /// <summary>The types of the entries of boot_params' setup_data list.</summary>
    public IReadOnlyList<string> SetupDataTypes =>
    [
        .. Files.List("sys/kernel/boot_params/setup_data")
            .Select(entry => Files.Read($"sys/kernel/boot_params/setup_data/{entry}/type").Line ?? ""),
    ];

    private IEnumerable<(ulong Start, ulong End, string Type)> MemmapEntries() =>
        Files.List("sys/firmware/memmap").Select(entry => $"sys/firmware/memmap/{entry}").Select(entry => (
            Convert.ToUInt64(Files.Read($"{entry}/start").Line, 16),
            Convert.ToUInt64(Files.Read($"{entry}/end").Line, 16),
            Files.Read($"{entry}/type").Line ?? ""));

    private string[] Lines(string path) =>
        (Files.Read(path).Text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
