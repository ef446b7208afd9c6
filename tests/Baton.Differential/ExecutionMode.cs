namespace Baton.Differential;

/// <summary>How the guest enters and leaves a case.</summary>
public enum EntryKind
{
    RealMode = 0,
    ProtectedMode = 1,
    LongMode = 2,
}

/// <summary>Memory that cases of a mode can point into.</summary>
/// <param name="Linear">Its linear address.</param>
/// <param name="Physical">Its physical address.</param>
/// <param name="Length">Bytes, a multiple of the page size.</param>
/// <param name="Writable">Whether a write is allowed there.</param>
public sealed record Window(ulong Linear, long Physical, int Length, bool Writable = true)
{
    /// <summary>Whether a linear address is in it.</summary>
    public bool Contains(ulong linear) => linear >= Linear && linear - Linear < (ulong)Length;
}

/// <summary>A mode of the processor: control registers, segments, and the memory that it can see.</summary>
public sealed record ExecutionMode
{
    /// <summary>What reports call it.</summary>
    public required string Name { get; init; }

    /// <summary>How a case gets there.</summary>
    public required EntryKind Kind { get; init; }

    /// <summary>Bits of operands and addresses without a prefix: 16, 32, or 64 for 64-bit mode.</summary>
    public required int Bits { get; init; }

    public uint Cr0 { get; init; } = 0x11;

    public uint Cr3 { get; init; }

    public uint Cr4 { get; init; }

    public uint Efer { get; init; }

    /// <summary>CS, SS, DS, ES, FS, GS.</summary>
    public required IReadOnlyList<ushort> Selectors { get; init; }

    /// <summary>The bases of FS and GS that 64-bit mode has from the model-specific registers; null otherwise.</summary>
    public (ulong Fs, ulong Gs)? LongBases { get; init; }

    /// <summary>Where the code area is seen: linear addresses of its first byte.</summary>
    public required IReadOnlyList<ulong> CodeBases { get; init; }

    /// <summary>Data.</summary>
    public required IReadOnlyList<Window> Windows { get; init; }

    /// <summary>The page of the stack.</summary>
    public required Window Stack { get; init; }

    /// <summary>Whether accesses outside the windows fault, rather than reach what they must not.</summary>
    public bool IsPaged => (Cr0 & 0x80000000) != 0;

    /// <summary>Whether data cannot be executed.</summary>
    public bool HasNoExecute => (Efer & 0x800) != 0;

    /// <summary>Whether it is 64-bit mode.</summary>
    public bool Is64 => Bits == 64;

    public bool IsReal => Kind == EntryKind.RealMode;

    /// <summary>Long mode: 64-bit or compatibility.</summary>
    public bool IsLong => Kind == EntryKind.LongMode;

    public override string ToString() => Name;
}
