using Baton.Bytes;
using Baton.Formats.BzImage;
using Baton.Handoffs;
using Baton.Lab;
using Baton.Linux.Files;
using Baton.Probe;
using Baton.Protocols.LinuxX86;

namespace Baton.EndToEnd;

/// <summary>
/// What kexec-tools would load and what we would, for the same kernel, initrd and machine: kernel and initrd are the
/// same bytes, and every difference in boot_params is listed with its reason in vectors/kexec-tools-differences.txt.
/// </summary>
public sealed class KexecToolsDifferentialTests
{
    private const string Line = "console=ttyS0 panic=-1 words=\"two words\" last=1";

    [Theory]
    [InlineData(Firmware.Bios)]
    [InlineData(Firmware.Uefi)]
    public void Every_difference_has_a_reason(Firmware firmware)
    {
        byte[] initrd = new byte[1_000_003];
        new Random(1).NextBytes(initrd);
        ScenarioResult result = Record(firmware, initrd);
        KexecRecord theirs = new(result.Frames.Bytes("record"));
        using FileSource kernel = FileSource.Open(DebianKernel.Generic.Image);
        Handoff ours = LinuxX86Planner.Plan(new LinuxX86Request
        {
            Kernel = LinuxX86Kernel.From(BzImageFile.Open(kernel)),
            Initrd = SegmentContent.OfBytes(initrd, "initrd"),
            CommandLine = Line,
            Machine = result.Witness("a").Machine,
            RngSeed = new byte[32],
        });

        HandoverMemory theirMemory = new(
            theirs.BootParams.Content[..4096], (address, length) => Read(theirs, address, length));
        HandoverMemory ourMemory = new(
            Read(ours, Segment(ours, "boot_params").Destination.Start.Value, 4096),
            (address, length) => Read(ours, address, length));

        CheckContent(theirs, theirMemory, ours, initrd);
        Compare(theirMemory.Facts(), ourMemory.Facts(), firmware);
    }

    /// <summary>Both would load the whole kernel and the whole initrd.</summary>
    private static void CheckContent(KexecRecord theirs, HandoverMemory theirMemory, Handoff ours, byte[] initrd)
    {
        Assert.Equal(ProbeChecksum.Of(initrd), theirs.At(theirMemory.Initrd).Checksum);

        // kexec-tools loads the file to its end; we load what syssize says, without the signature behind it.
        SegmentContent kernel = Segment(ours, "kernel").Content;
        ContentPart part = Assert.Single(kernel.Parts);
        byte[] rest = new byte[part.Source.Length - part.SourceOffset];
        part.Source.Read(part.SourceOffset, rest);
        ulong checksum = ProbeChecksum.Of(rest);
        Assert.Contains(theirs.Segments, s => s.ContentLength == (ulong)rest.Length && s.Checksum == checksum);
    }

    private static void Compare(
        IReadOnlyDictionary<string, string> theirs, IReadOnlyDictionary<string, string> ours, Firmware firmware)
    {
        HashSet<string> listed =
        [
            .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "vectors", "kexec-tools-differences.txt"))
                .Where(line => line.Length > 0 && line[0] != '#')
                .Select(line => line.Split(" | "))
                .Where(parts => parts[1] == "both" || Enum.Parse<Firmware>(parts[1], ignoreCase: true) == firmware)
                .Select(parts => parts[0]),
        ];
        List<string> wrong = [];
        foreach (string name in theirs.Keys.Union(ours.Keys))
        {
            string their = theirs.GetValueOrDefault(name, "nothing");
            string our = ours.GetValueOrDefault(name, "nothing");
            if ((their != our) != listed.Contains(name))
            {
                wrong.Add(their == our
                    ? $"{name} | listed as different, and both have {our}"
                    : $"{name} | kexec-tools has {their}, we have {our}");
            }
        }

        wrong.AddRange(listed.Where(name => !theirs.ContainsKey(name) && !ours.ContainsKey(name))
            .Select(name => $"{name} | listed, and neither has it"));
        Assert.True(wrong.Count == 0, $"{firmware}:\n{string.Join('\n', wrong)}");
    }

    private static ScenarioResult Record(Firmware firmware, byte[] initrd)
    {
        string recorder = Path.Combine(Path.GetTempPath(), $"kexec-recorder-{Environment.ProcessId}-{firmware}.so");
        try
        {
            HostProgram.Run(
                "gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", recorder,
                Repository.GuestScript("kexec-recorder.c"));
            ScenarioResult result = new Scenario
            {
                Initramfs = Guests.With($"""
                    witness a
                    export KEXEC_RECORD=/tmp/record
                    export LD_PRELOAD=/usr/lib/recorder.so
                    try load kexec -c -l /next/vmlinuz --initrd=/next/initrd --command-line='{Line}'
                    unset LD_PRELOAD
                    send record /tmp/record
                    """)
                    .AddProgram("sbin/kexec", "/usr/sbin/kexec")
                    .Add("usr/lib/recorder.so", new ArraySource(File.ReadAllBytes(recorder), "recorder"))
                    .Add("next/vmlinuz", FileSource.Open(DebianKernel.Generic.Image))
                    .Add("next/initrd", new ArraySource(initrd, "initrd")),
                Firmware = firmware,
            }.Run();
            TriedCommand load = result.Frames.Tried("load");
            Assert.True(load.Status == 0, $"kexec: status {load.Status}\n{load.Output}\n{load.Error}");
            return result;
        }
        finally
        {
            File.Delete(recorder);
        }
    }

    private static Segment Segment(Handoff handoff, string name) => handoff.Segments.Single(s => s.Name == name);

    private static byte[] Read(Handoff handoff, ulong address, int length)
    {
        Segment segment = handoff.Segments.Single(s => s.Destination.Contains(new Memory.PhysicalAddress(address)));
        byte[] bytes = new byte[length];
        segment.Content.Read((long)(address - segment.Destination.Start.Value), bytes);
        return bytes;
    }

    private static byte[] Read(KexecRecord record, ulong address, int length)
    {
        RecordedSegment segment = record.Segments.Single(s => s.Start <= address && address < s.Start + s.Length);
        return segment.Content.AsSpan((int)(address - segment.Start), length).ToArray();
    }
}
