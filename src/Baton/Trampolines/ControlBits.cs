namespace Baton.Trampolines;

/// <summary>Bit numbers of CR0 (Intel SDM volume 3, section 2.5).</summary>
public static class Cr0Bits
{
    /// <summary>PE: protected mode.</summary>
    public const int ProtectionEnable = 0;

    /// <summary>ET: reads as 1 on every processor with long mode.</summary>
    public const int ExtensionType = 4;

    /// <summary>NE: floating-point errors are exceptions, not interrupts.</summary>
    public const int NumericError = 5;

    /// <summary>PG: paging.</summary>
    public const int Paging = 31;
}

/// <summary>Bit numbers of CR4 (Intel SDM volume 3, section 2.5).</summary>
public static class Cr4Bits
{
    /// <summary>PAE: page-table entries of 8 bytes; long mode cannot be without it.</summary>
    public const int PhysicalAddressExtension = 5;

    /// <summary>MCE: machine checks are exceptions. A TDX guest may not clear it.</summary>
    public const int MachineCheckEnable = 6;

    /// <summary>LA57: 5-level paging. Cannot be changed in long mode.</summary>
    public const int LinearAddress57 = 12;

    /// <summary>PCIDE: CR3 holds a process-context identifier. While it is set paging cannot be switched off.</summary>
    public const int ProcessContextIdentifiers = 17;
}
