namespace Baton.Trampolines;

/// <summary>A segment register that <c>mov</c> can load: every one but CS.</summary>
public readonly record struct DataSegment
{
    // Numbered without the gap that CS leaves, so that the default value is ES and not a hole.
    private readonly byte _index;

    private DataSegment(byte index) => _index = index;

    public static DataSegment Es => new(0);

    public static DataSegment Ss => new(1);

    public static DataSegment Ds => new(2);

    public static DataSegment Fs => new(3);

    public static DataSegment Gs => new(4);

    /// <summary>All of them, in the order of their numbers.</summary>
    public static IReadOnlyList<DataSegment> All { get; } = [Es, Ss, Ds, Fs, Gs];

    /// <summary>The number that instructions hold: 0, or 2 to 5.</summary>
    public byte Number => _index == 0 ? (byte)0 : (byte)(_index + 1);

    public override string ToString() => SegmentRegister.All[Number].ToString();
}
