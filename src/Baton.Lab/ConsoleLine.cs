namespace Baton.Lab;

/// <summary>A line of a serial console, without its end and without terminal control sequences.</summary>
/// <param name="At">When its first byte arrived, counted from the start of the machine.</param>
/// <param name="Text">The line; bytes that are not UTF-8 become U+FFFD.</param>
public readonly record struct ConsoleLine(TimeSpan At, string Text)
{
    public override string ToString() => Text;
}
