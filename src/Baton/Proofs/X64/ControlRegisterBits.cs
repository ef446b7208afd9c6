namespace Baton.Proofs.X64;

/// <summary>Bits of CR0 (Intel SDM volume 3, section 2.5).</summary>
public static class X64Cr0
{
    public const ulong PE = 1UL << 0;
    public const ulong MP = 1UL << 1;
    public const ulong EM = 1UL << 2;
    public const ulong TS = 1UL << 3;
    public const ulong ET = 1UL << 4;
    public const ulong NE = 1UL << 5;
    public const ulong WP = 1UL << 16;
    public const ulong AM = 1UL << 18;
    public const ulong NW = 1UL << 29;
    public const ulong CD = 1UL << 30;
    public const ulong PG = 1UL << 31;
}

/// <summary>Bits of CR4 (Intel SDM volume 3, section 2.5).</summary>
public static class X64Cr4
{
    public const ulong VME = 1UL << 0;
    public const ulong PVI = 1UL << 1;
    public const ulong TSD = 1UL << 2;
    public const ulong DE = 1UL << 3;
    public const ulong PSE = 1UL << 4;
    public const ulong PAE = 1UL << 5;
    public const ulong MCE = 1UL << 6;
    public const ulong PGE = 1UL << 7;
    public const ulong PCE = 1UL << 8;
    public const ulong OSFXSR = 1UL << 9;
    public const ulong OSXMMEXCPT = 1UL << 10;
    public const ulong UMIP = 1UL << 11;
    public const ulong LA57 = 1UL << 12;
    public const ulong VMXE = 1UL << 13;
    public const ulong SMXE = 1UL << 14;
    public const ulong FSGSBASE = 1UL << 16;
    public const ulong PCIDE = 1UL << 17;
    public const ulong OSXSAVE = 1UL << 18;
    public const ulong SMEP = 1UL << 20;
    public const ulong SMAP = 1UL << 21;
    public const ulong PKE = 1UL << 22;
    public const ulong CET = 1UL << 23;
    public const ulong PKS = 1UL << 24;
}

/// <summary>Bits of the MSR EFER.</summary>
public static class X64Efer
{
    public const ulong SCE = 1UL << 0;
    public const ulong LME = 1UL << 8;
    public const ulong LMA = 1UL << 10;
    public const ulong NXE = 1UL << 11;
}

/// <summary>Bits of RFLAGS.</summary>
public static class X64Flags
{
    public const ulong CF = 1UL << 0;

    /// <summary>Bit 1, which is always set.</summary>
    public const ulong Fixed = 1UL << 1;

    public const ulong PF = 1UL << 2;
    public const ulong AF = 1UL << 4;
    public const ulong ZF = 1UL << 6;
    public const ulong SF = 1UL << 7;
    public const ulong TF = 1UL << 8;
    public const ulong IF = 1UL << 9;
    public const ulong DF = 1UL << 10;
    public const ulong OF = 1UL << 11;
    public const ulong IOPL = 3UL << 12;
    public const ulong NT = 1UL << 14;
    public const ulong RF = 1UL << 16;
    public const ulong VM = 1UL << 17;
    public const ulong AC = 1UL << 18;
    public const ulong VIF = 1UL << 19;
    public const ulong VIP = 1UL << 20;
    public const ulong ID = 1UL << 21;

    /// <summary>Every bit that is not always zero.</summary>
    public const ulong Known = 0x3F_7FD7;

    /// <summary>The flags that arithmetic sets.</summary>
    public const ulong Status = CF | PF | AF | ZF | SF | OF;
}
