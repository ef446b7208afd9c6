using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Packs;

/// <summary>
/// Where the segments' contents lie in a packed file. What several places have in common is there once; what is written to
/// before it is handed over lies behind all else.
/// </summary>
internal sealed class PackLayout
{
    private readonly List<(SegmentContent Content, long Offset)> _constant = [];
    private readonly List<(SegmentContent Content, long Offset)> _variable = [];

    private PackLayout(int payloadOffset) => ConstantEnd = PayloadOffset = payloadOffset;

    /// <summary>Where the contents begin in the file.</summary>
    public int PayloadOffset { get; }

    /// <summary>The parts of the file, in order.</summary>
    public IReadOnlyList<ContentPart> Parts =>
    [
        .. _constant.Concat(_variable).SelectMany(item => item.Content.Parts.Select(
            part => part with { Offset = item.Offset + part.Offset })),
    ];

    /// <summary>Offset behind the contents that stay as they are.</summary>
    public long ConstantEnd { get; private set; }

    /// <summary>Offset of the contents that are written to, and the one behind them; equal when there are none.</summary>
    public long VariableStart { get; private set; }

    public long VariableEnd { get; private set; }

    /// <summary>Whether the program needs memory to write to.</summary>
    public bool IsWritable { get; private set; }

    /// <summary>Bytes of all contents.</summary>
    public long Size => _constant.Concat(_variable).Sum(item => item.Content.Length);

    /// <summary>Lays the contents out.</summary>
    /// <param name="places">The handoff at each place.</param>
    /// <param name="payloadOffset">Where the contents begin in the file.</param>
    public static PackLayout Of(IReadOnlyList<Handoff> places, int payloadOffset)
    {
        PackLayout layout = new(payloadOffset);
        foreach (Segment segment in places.SelectMany(place => place.Segments.Where(s => !IsVariable(place, s))))
        {
            if (!layout._constant.Exists(item => IsSame(item.Content, segment.Content)))
            {
                layout._constant.Add((segment.Content, PageUp(layout.ConstantEnd)));
                layout.ConstantEnd = layout._constant[^1].Offset + segment.Content.Length;
            }
        }

        layout.IsWritable = places.Any(place => place.BootValues.Count > 0 || place.HasInterruptTables);
        layout.VariableStart = layout.VariableEnd = PageUp(layout.ConstantEnd);
        foreach (Segment segment in places.SelectMany(place => place.Segments.Where(s => IsVariable(place, s))))
        {
            layout._variable.Add((segment.Content, PageUp(layout.VariableEnd)));
            layout.VariableEnd = layout._variable[^1].Offset + segment.Content.Length;
        }

        if (layout.VariableEnd == layout.VariableStart)
        {
            // Memory alone, with nothing from the file: its place must be one in the file all the same.
            layout.VariableStart = layout.VariableEnd = layout.ConstantEnd & -(long)KexecLimits.PageSize;
        }

        return layout;
    }

    /// <summary>The handoff at one place, with the addresses that its contents have in the program.</summary>
    public PackedPlace Pack(Handoff handoff) => new()
    {
        Entry = handoff.Entry,
        Segments =
        [
            .. handoff.Segments.Select(segment => new PackedSegment(
                AddressOf(segment.Content), (ulong)segment.Content.Length, segment.Destination)),
        ],
        Memory = RangeSet.Of(
        [
            .. handoff.Segments.Select(segment => segment.Destination),
            .. handoff.Reservations.Select(reservation => reservation.Range),
        ]),
        BootValues =
        [
            .. handoff.BootValues.Where(value => value.Source == BootValueSource.DeviceTree)
                .Select(value => AddressOf(handoff, value)),
        ],
        SystemTableEntry = handoff.BootValues.SingleOrDefault(value => value.Source == BootValueSource.EfiSystab) is { } entry
            ? AddressOf(handoff, entry)
            : null,
    };

    private ulong AddressOf(Handoff handoff, BootValue value) =>
        AddressOf(handoff.Segments.First(segment => segment.Name == value.Segment).Content) + (ulong)value.Offset;

    private ulong AddressOf(SegmentContent content)
    {
        (SegmentContent? found, long offset) = _variable.Find(item => ReferenceEquals(item.Content, content));
        return found is not null
            ? PackElf.WritableAddress(offset)
            : PackElf.PayloadAddress(_constant.Find(item => IsSame(item.Content, content)).Offset);
    }

    private static bool IsVariable(Handoff handoff, Segment segment) =>
        handoff.BootValues.Any(value => value.Segment == segment.Name);

    private static bool IsSame(SegmentContent one, SegmentContent other) => one.Parts.SequenceEqual(other.Parts);

    /// <summary>Whole pages of the file are what the kernel copies fastest.</summary>
    private static long PageUp(long offset) => (offset + (long)KexecLimits.PageSize - 1) & -(long)KexecLimits.PageSize;
}
