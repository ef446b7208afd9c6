namespace Baton.Differential.Arm64;

/// <summary>One case: what is loaded, and what the simulated processor makes of it.</summary>
internal sealed class JudgeCase
{
    public required Template Template { get; init; }

    public required uint Word { get; init; }

    /// <summary>The instruction before it, or the filler.</summary>
    public required uint First { get; init; }

    public required ulong Slot { get; init; }

    /// <summary>x0 to x30, SP.</summary>
    public ulong[] Registers { get; } = new ulong[32];

    public uint Nzcv { get; set; }

    /// <summary>What is expected: x0 to x30, SP, SPSR, ELR, ESR, FAR.</summary>
    public ulong[] Expected { get; } = new ulong[GuestLayout.Results];

    /// <summary>Where it starts: at the instruction before it, if there is one.</summary>
    public ulong Start => Slot + (ulong)(First == GuestLayout.Filler ? GuestLayout.WordInSlot : GuestLayout.FirstWordInSlot);
}
