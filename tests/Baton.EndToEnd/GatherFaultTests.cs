using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Baton.Bytes;
using Baton.Lab;
using Baton.Probe;

namespace Baton.EndToEnd;

/// <summary>
/// Gather in a small guest with compaction without end and memory taken and given back: each run hands an image over
/// whole, read back by the probe, or reports an error with the old kernel as it was; the out-of-memory killer is not met.
/// <c>BATON_GATHER_FAULTS</c> says how many runs, <c>BATON_GATHER_SEED</c> the first one's seed.
/// </summary>
public sealed class GatherFaultTests(ITestOutputHelper output)
{
    private const int ImageSize = (24 << 20) - 5;
    private const int MemoryMiB = 144;
    private const int UsualRuns = 10;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [Fact]
    public void Every_run_hands_over_whole_or_leaves_the_old_kernel_with_nothing_loaded()
    {
        int runs = Number("BATON_GATHER_FAULTS", UsualRuns);
        int first = Number("BATON_GATHER_SEED", 1);
        byte[] image = new byte[ImageSize];
        new Random(1).NextBytes(image);
        ulong checksum = ProbeChecksum.Of(image);
        string disk = MakeDisk(image);
        Dictionary<string, int> counts = [];
        try
        {
            using SnapshotMachine machine = Boot(disk, TimeSpan.FromMinutes(5 + runs));
            List<string> broken = [];
            for (int seed = first; seed < first + runs; seed++)
            {
                GatherFault fault = GatherFault.Of(seed);
                Stopwatch watch = Stopwatch.StartNew();
                machine.GoBack();
                string outcome = Carry(machine, fault, checksum, out IReadOnlyList<string> lines);
                string kind = outcome.Split(' ')[0];
                counts[$"{fault.Mode} {kind}"] = counts.GetValueOrDefault($"{fault.Mode} {kind}") + 1;
                if (kind is not ("arrived" or "refused"))
                {
                    broken.Add($"{fault}: {outcome}\n  | {string.Join("\n  | ", lines.TakeLast(80))}");
                    Console.Error.WriteLine(broken[^1]);
                }

                Console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"      {fault}: {outcome}, {watch.Elapsed.TotalSeconds:0.0} s"));
            }

            output.WriteLine($"{runs} runs from seed {first}: "
                + string.Join(", ", counts.OrderBy(count => count.Key).Select(count => $"{count.Value} {count.Key}")));
            Assert.True(broken.Count == 0, string.Join('\n', broken));
            Assert.Contains(counts.Keys, key => key.EndsWith("arrived", StringComparison.Ordinal));
            Assert.Contains(counts.Keys, key => key.EndsWith("refused", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(disk);
        }
    }

    private static SnapshotMachine Boot(string disk, TimeSpan life)
    {
        Initramfs initramfs = Guests.With(File.ReadAllText(Repository.GuestScript("gather-faults"))).Directory("disk")
            .AddModules(
                DebianKernel.Cloud,
                [
                    "drivers/virtio/virtio_ring.ko", "drivers/virtio/virtio.ko", "drivers/virtio/virtio_pci_modern_dev.ko",
                    "drivers/virtio/virtio_pci_legacy_dev.ko", "drivers/virtio/virtio_pci.ko", "drivers/block/virtio_blk.ko",
                ]);
        SnapshotMachine machine = new(DebianKernel.Cloud, initramfs, disk, MemoryMiB, life);
        try
        {
            List<string> lines = [];
            while (machine.ReadLine(Limit) is { } line)
            {
                lines.Add(line);
                if (line == "FAULTS ready")
                {
                    machine.Keep();
                    return machine;
                }
            }

            throw new LabException($"the guest did not get ready:\n  | {string.Join("\n  | ", lines)}");
        }
        catch
        {
            machine.Dispose();
            throw;
        }
    }

    private static string Carry(SnapshotMachine machine, GatherFault fault, ulong checksum, out IReadOnlyList<string> lines)
    {
        List<string> seen = [];
        lines = seen;
        machine.Type($"{fault.Seed} {fault.HeldMiB} {fault.Pin} {fault.Mode} {fault.Delay}");
        while (machine.ReadLine(Limit) is { } line)
        {
            seen.Add(line);
            if (line.StartsWith("FAULTS refused", StringComparison.Ordinal))
            {
                return string.Join(' ', line.Split(' ')[1..]);
            }

            if (line.StartsWith("FAULTS broken", StringComparison.Ordinal) || line == "FAULTS ready")
            {
                return line == "FAULTS ready" ? "reset" : line;
            }

            if (ProbeOutput.Parse(seen) is { IsComplete: true } probe)
            {
                return fault.Mode == "cut" ? "handed over what was cut off"
                    : probe["initrd_size"] == ImageSize && probe["initrd_checksum"] == checksum ? "arrived"
                    : $"wrong: {probe["initrd_size"]} bytes, checksum {probe["initrd_checksum"]:x}";
            }
        }

        // Where it goes round, or waits.
        seen.AddRange(machine.Stand(5).Where(line => line.Contains("IP=", StringComparison.Ordinal)
            || line.Contains("SP=", StringComparison.Ordinal) || line.Contains("CR3=", StringComparison.Ordinal)
            || line.StartsWith("FS =", StringComparison.Ordinal)));
        return "hung";
    }

    private static string MakeDisk(byte[] image)
    {
        string folder = System.IO.Directory.CreateTempSubdirectory("baton-faults-").FullName;
        string disk = folder + ".disk";
        try
        {
            File.WriteAllBytes(Path.Join(folder, "image"), image);
            File.WriteAllText(Path.Join(folder, "sum"), Convert.ToHexStringLower(SHA256.HashData(image)));
            File.WriteAllBytes(Path.Join(folder, "probe"), new ProbeKernel { Takes5Level = true }.Build());
            File.Copy(Repository.Binary, Path.Join(folder, "baton"));
            using (FileStream file = File.Create(disk))
            {
                file.SetLength(128 << 20);
            }

            HostProgram.Run("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-d", folder, disk);
            return disk;
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    private static int Number(string variable, int usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : usual;

    /// <summary>What a seed makes of a run.</summary>
    private sealed record GatherFault(int Seed, int HeldMiB, string Pin, string Mode, int Delay)
    {
        private static readonly string[] Pins = ["io-uring", "mlock", "any", "any"];
        private static readonly string[] Modes = ["file", "file", "stream", "memory", "memory", "writer", "kill", "term", "cut"];

        public static GatherFault Of(int seed)
        {
            // The first numbers of seeds that follow each other go together; those of seeds far apart do not.
            Random random = new(unchecked(seed * (int)0x9e3779b1));
            return new GatherFault(
                seed,
                random.Next(0, 56),
                Pins[random.Next(Pins.Length)],
                Modes[random.Next(Modes.Length)],
                random.Next(1, 15));
        }
    }
}
