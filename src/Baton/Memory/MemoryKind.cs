namespace Baton.Memory;

/// <summary>
/// What a range of memory is for, under the number that the x86 e820 table gives it (ACPI 6.5 table 15.4, and Linux'
/// own additions). Numbers that nobody has named stay as they are.
/// </summary>
/// <param name="Type">The e820 type.</param>
public readonly record struct MemoryKind(uint Type)
{
    /// <summary>Ordinary memory.</summary>
    public static MemoryKind Ram => new(1);

    /// <summary>Not to be touched.</summary>
    public static MemoryKind Reserved => new(2);

    /// <summary>ACPI tables; memory once they have been read.</summary>
    public static MemoryKind AcpiTables => new(3);

    /// <summary>ACPI non-volatile storage; never memory.</summary>
    public static MemoryKind AcpiNvs => new(4);

    /// <summary>Memory with errors.</summary>
    public static MemoryKind Unusable => new(5);

    /// <summary>Persistent memory (NFIT).</summary>
    public static MemoryKind Persistent => new(7);

    /// <summary>Persistent memory as it was marked before ACPI 6, and by <c>memmap=…!…</c>.</summary>
    public static MemoryKind PersistentLegacy => new(12);

    /// <summary>Memory set aside for a purpose (CXL, HBM): Linux' E820_TYPE_SOFT_RESERVED.</summary>
    public static MemoryKind SoftReserved => new(0xefffffff);

    /// <summary>Whether the next kernel may use the range as ordinary memory.</summary>
    public bool IsRam => this == Ram;

    /// <summary>The kernel's own words for the kind (as in /sys/firmware/memmap), or the number.</summary>
    public override string ToString() => Type switch
    {
        1 => "System RAM",
        2 => "Reserved",
        3 => "ACPI Tables",
        4 => "ACPI Non-volatile Storage",
        5 => "Unusable memory",
        7 => "Persistent Memory",
        12 => "Persistent Memory (legacy)",
        0xefffffff => "Soft Reserved",
        _ => $"type 0x{Type:x}",
    };
}
