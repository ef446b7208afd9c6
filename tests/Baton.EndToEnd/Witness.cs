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

    /// <summary>The firmware's memory map as it reached the kernel: each range with its type, sorted.</summary>
    public IReadOnlyList<string> FirmwareMemmap =>
    [
        .. Files.List("sys/firmware/memmap")
            .Select(entry => $"sys/firmware/memmap/{entry}")
            .Select(entry => (
                Start: Files.Read($"{entry}/start").Line ?? "",
                End: Files.Read($"{entry}/end").Line ?? "",
                Type: Files.Read($"{entry}/type").Line))
            .OrderBy(range => Convert.ToUInt64(range.Start, 16))
            .Select(range => $"{range.Start}-{range.End} {range.Type}"),
    ];

    /// <summary>The types of the entries of boot_params' setup_data list.</summary>
    public IReadOnlyList<string> SetupDataTypes =>
    [
        .. Files.List("sys/kernel/boot_params/setup_data")
            .Select(entry => Files.Read($"sys/kernel/boot_params/setup_data/{entry}/type").Line ?? ""),
    ];

    private string[] Lines(string path) =>
        (Files.Read(path).Text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
