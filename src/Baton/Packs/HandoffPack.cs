using Baton.Bytes;
using Baton.Handoffs;

namespace Baton.Packs;

/// <summary>
/// A handoff as one file: a static ELF program that carries it out on the machine it was planned for, with no C library,
/// no runtime and no other file. docs/pack.md says what the program does.
/// </summary>
public sealed class HandoffPack
{
    /// <summary>The most places that a program can choose from.</summary>
    public const int MaxPlaces = PackTask.MaxPlaces;

    /// <summary>The program and its headers are usually smaller than this, in bytes.</summary>
    public const int UsualLimit = PackElf.PayloadOffset;

    /// <summary>The program and its headers are never larger than this, in bytes.</summary>
    public const int ProgramLimit = PackElf.FarPayloadOffset;

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

    /// <summary>How many places the program can choose from.</summary>
    public required int Places { get; init; }

    /// <summary>Packs a handoff.</summary>
    /// <param name="handoff">The plan; its segments must keep to the limits of kexec_load(2).</param>
    /// <param name="machine">The machine that it was made for.</param>
    /// <param name="elsewhere">
    /// The same plan at other places, in the order in which they are tried when the boot at hand has the memory of those
    /// before in use; at most 3.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The segments are more than kexec_load(2) takes, or there is no program for the architecture.
    /// </exception>
    public static HandoffPack Build(
        Handoff handoff, MachineFingerprint machine, params IReadOnlyList<Handoff> elsewhere)
    {
        ArgumentNullException.ThrowIfNull(handoff);
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(elsewhere);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(elsewhere.Count, PackTask.MaxPlaces);
        IReadOnlyList<Handoff> places = [handoff, .. elsewhere];
        if (places.Any(place => place.Segments.Count is 0 or > KexecLimits.MaxSegments))
        {
            throw new ArgumentException(
                $"{handoff.Segments.Count} segments, expected 1 to {KexecLimits.MaxSegments}", nameof(handoff));
        }

        return TryBuild(handoff, machine, places, UsualLimit) ?? TryBuild(handoff, machine, places, ProgramLimit)
            ?? throw new ArgumentException($"the program has more than {ProgramLimit} bytes", nameof(handoff));
    }

    /// <summary>Packs it with the payload behind so many bytes; null when the program is larger.</summary>
    private static HandoffPack? TryBuild(
        Handoff handoff, MachineFingerprint machine, IReadOnlyList<Handoff> places, int limit)
    {
        PackLayout layout = PackLayout.Of(places, limit);
        PackTask task = new()
        {
            Machine = machine,
            Places = [.. places.Select(layout.Pack)],
            BootValues = [.. handoff.BootValues.Where(value => value.Source == BootValueSource.DeviceTree)],
            SystemTableEntry = handoff.BootValues.SingleOrDefault(value => value.Source == BootValueSource.EfiSystab),
            LooksAtLog = handoff.HasInterruptTables,
            Scratch = PackElf.ScratchAddress(layout),
        };
        (byte[] program, int entry) = Assemble(handoff.Architecture, task, layout);
        if (program.Length > limit)
        {
            return null;
        }

        PackElf.WriteHeaders(
            program, handoff.Architecture, PackElf.ProgramAddress + (ulong)entry, program.Length, layout);
        return new HandoffPack
        {
            Machine = machine,
            File = new SegmentContent(
                [new ContentPart(0, new ArraySource(program, "program"), 0, program.Length), .. layout.Parts]),
            ProgramSize = program.Length,
            Instructions = entry..program.Length,
            PayloadSize = layout.Size,
            Places = places.Count,
        };
    }

    /// <summary>Room for headers, data and instructions, in this order, and where the instructions begin.</summary>
    private static (byte[] Program, int Entry) Assemble(Architecture architecture, PackTask task, PackLayout layout)
    {
        // The instructions name the data's addresses and lie behind it; a first pass finds out how large it is.
        int headers = PackElf.HeadersSize(layout);
        PackData measured = new(PackElf.ProgramAddress + (ulong)headers);
        PackProgram.Write(CodeFor(architecture, 0), measured, task);
        int entry = headers + measured.Build().Length;

        PackData data = new(PackElf.ProgramAddress + (ulong)headers);
        PackCode code = CodeFor(architecture, PackElf.ProgramAddress + (ulong)entry);
        PackProgram.Write(code, data, task);
        byte[] program = [.. new byte[headers], .. data.Build(), .. code.Build()];
        return (program, entry);
    }

    private static PackCode CodeFor(Architecture architecture, ulong origin) => architecture switch
    {
        Architecture.X64 => new X64PackCode(origin),
        Architecture.Arm64 => new Arm64PackCode(origin),
        _ => throw new ArgumentException($"there is no program for {architecture}", nameof(architecture)),
    };
}
