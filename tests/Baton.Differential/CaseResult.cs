namespace Baton.Differential;

/// <summary>Four bytes of memory that a case changed.</summary>
public readonly record struct MemoryChange(uint Address, uint Value);

/// <summary>The state that came out of a case.</summary>
public sealed class CaseResult
{
    /// <summary>As <see cref="InstructionCase.Registers"/>.</summary>
    public ulong[] Registers { get; } = new ulong[16];

    /// <summary>The offset in CS of what would run next, or of the instruction that faulted.</summary>
    public ulong Rip { get; set; }

    public ulong Flags { get; set; }

    /// <summary>CS, SS, DS, ES, FS, GS.</summary>
    public ushort[] Selectors { get; } = new ushort[6];

    /// <summary>The exception, or null when the instruction completed.</summary>
    public int? Vector { get; set; }

    /// <summary>The exception's error code, or null when it has none.</summary>
    public uint? ErrorCode { get; set; }

    public ulong Cr2 { get; set; }

    public ulong FsBase { get; set; }

    public ulong GsBase { get; set; }

    public ulong Cr0 { get; set; }

    public ulong Cr3 { get; set; }

    public ulong Cr4 { get; set; }

    public ulong Efer { get; set; }

    /// <summary>What differs from the memory before the case, region by region, addresses ascending.</summary>
    public List<MemoryChange> Changes { get; } = [];

    /// <summary>Whether there were more changes than the list holds.</summary>
    public bool IsTruncated { get; set; }

    /// <summary>Why there is no result: what the candidate does not simulate, or how the judge was lost.</summary>
    public string? Refusal { get; set; }

    /// <summary>Makes it as new.</summary>
    public void Clear()
    {
        Vector = null;
        ErrorCode = null;
        Refusal = null;
        IsTruncated = false;
        Changes.Clear();
    }
}
