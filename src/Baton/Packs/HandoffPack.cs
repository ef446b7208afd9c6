using Baton.Bytes;
using Baton.Handoffs;

namespace Baton.Packs;

/// <summary>
/// A handoff as one file: a static ELF program that carries it out on the machine it was planned for, with no C library,
/// no runtime and no other file. docs/pack.md says what the program does.
/// </summary>
public sealed class HandoffPack
{
    /// <summary>The program and its headers are smaller than this, in bytes.</summary>
    public const int ProgramLimit = PackElf.PayloadOffset;

    private HandoffPack()
    {
    }

    /// <summary>The machine that the program looks for.</summary>
    public required MachineFingerprint Machine { get; init; }

    /// <summary>The whole file; the payload is by reference.</summary>
    public required SegmentContent File { get; init; }

    /// <summary>Bytes of all that is not payload: headers, texts, tables, instructions.</summary>
    public required int ProgramSize { get; init; }

    /// <summary>The program's instructions: where they lie in the file, in bytes.</summary>
    public required Range Instructions { get; init; }

    /// <summary>Bytes of the payload: the segments' contents.</summary>
    public required long PayloadSize { get; init; }

    /// <summary>Packs a handoff.</summary>
    /// <param name="handoff">The plan; its segments must keep to the limits of kexec_load(2).</param>
    /// <param name="machine">The machine that it was made for.</param>
    /// <exception cref="ArgumentException">
    /// The segments are more than kexec_load(2) takes, or there is no program for the architecture.
    /// </exception>
    public static HandoffPack Build(Handoff handoff, MachineFingerprint machine)
    {
        ArgumentNullException.ThrowIfNull(handoff);
        ArgumentNullException.ThrowIfNull(machine);
        if (handoff.Segments.Count is 0 or > KexecLimits.MaxSegments)
        {
            throw new ArgumentException(
                $"{handoff.Segments.Count} segments, expected 1 to {KexecLimits.MaxSegments}", nameof(handoff));
        }

        List<ContentPart> parts = [];
        List<PackedSegment> segments = [];
        long end = PackElf.PayloadOffset;
        foreach (Segment segment in handoff.Segments)
        {
            // Whole pages of the file are what the kernel copies fastest.
            long start = (end + (long)KexecLimits.PageSize - 1) & -(long)KexecLimits.PageSize;
            parts.AddRange(segment.Content.Parts.Select(part => part with { Offset = start + part.Offset }));
            end = start + segment.Content.Length;
            segments.Add(new PackedSegment(
                PackElf.PayloadAddress + (ulong)(start - PackElf.PayloadOffset),
                (ulong)segment.Content.Length,
                segment.Destination));
        }

        PackTask task = new() { Machine = machine, Entry = handoff.Entry, Segments = segments };
        (byte[] program, int entry) = Assemble(handoff.Architecture, task, end - PackElf.PayloadOffset);
        return new HandoffPack
        {
            Machine = machine,
            File = new SegmentContent(
                [new ContentPart(0, new ArraySource(program, "program"), 0, program.Length), .. parts]),
            ProgramSize = program.Length,
            Instructions = entry..program.Length,
            PayloadSize = handoff.Segments.Sum(segment => segment.Content.Length),
        };
    }

    /// <summary>Headers, data and instructions, in this order, and where the instructions begin.</summary>
    private static (byte[] Program, int Entry) Assemble(Architecture architecture, PackTask task, long payloadSize)
    {
        // The instructions name the data's addresses and lie behind it; a first pass finds out how large it is.
        PackData measured = new(PackElf.ProgramAddress + PackElf.HeadersSize);
        PackProgram.Write(CodeFor(architecture, 0), measured, task);
        int entry = PackElf.HeadersSize + measured.Build().Length;

        PackData data = new(PackElf.ProgramAddress + PackElf.HeadersSize);
        PackCode code = CodeFor(architecture, PackElf.ProgramAddress + (ulong)entry);
        PackProgram.Write(code, data, task);
        byte[] program = [.. new byte[PackElf.HeadersSize], .. data.Build(), .. code.Build()];
        if (program.Length > ProgramLimit)
        {
            throw new ArgumentException($"the program has {program.Length} bytes, expected at most {ProgramLimit}");
        }

        PackElf.WriteHeaders(
            program, architecture, PackElf.ProgramAddress + (ulong)entry, program.Length, payloadSize);
        return (program, entry);
    }

    private static PackCode CodeFor(Architecture architecture, ulong origin) => architecture switch
    {
        Architecture.X64 => new X64PackCode(origin),
        Architecture.Arm64 => new Arm64PackCode(origin),
        _ => throw new ArgumentException($"there is no program for {architecture}", nameof(architecture)),
    };
}
