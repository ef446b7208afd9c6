using Baton.Memory;

namespace Baton.Proofs.EntryStates;

/// <summary>
/// What Linux 5.10 to 6.12 on x86-64 leaves when it jumps to the entry of an image that kexec_load(2) has loaded, not a
/// crash kernel and without KEXEC_PRESERVE_CONTEXT. What only some of these versions do is not promised.
/// </summary>
public static class LinuxKexecX64
{
    private const string Copying = "arch/x86/kernel/relocate_kernel_64.S, identity_mapped: ";
    private const string Leaving = "arch/x86/kernel/machine_kexec_64.c, machine_kexec: ";
    private const string Cleared = Copying + "cleared just before the jump";
    private const string OldKernels = "what the old kernel had there";

    private const ulong ArithmeticFlags = 0x8D5; // OF, SF, ZF, AF, PF, CF
    private const ulong ReservedFlag = 1 << 1; // reads as 1

    private const ulong ProtectionEnable = 1 << 0;
    private const ulong MonitorCoprocessor = 1 << 1;
    private const ulong ExtensionType = 1 << 4;
    private const ulong NumericError = 1 << 5;
    private const ulong Paging = 1UL << 31;

    private const ulong PhysicalAddressExtension = 1 << 5;
    private const ulong MachineCheckEnable = 1 << 6;
    private const ulong LinearAddress57 = 1 << 12;

    private const ulong LongModeEnable = 1 << 8;
    private const ulong LongModeActive = 1 << 10;

    /// <summary>SCE, NXE, SVME, LMSLE, FFXSR, TCE, MCOMMIT, INTWB, UAIE, AIBRSE: what EFER has beside LME and LMA.</summary>
    private const ulong OtherExtendedFeatures = 0x36_F801;

    private const ulong NotInCr3 = 0xFFF0_0000_0000_0FFF;
    private const ulong BreakpointEnables = 0xFF;
    private const ulong KernelCode = 0x10;
    private const ulong KernelData = 0x18;

    private static readonly string[] Zeroed =
    [
        "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
    ];

    private static readonly string[] DataSegments = ["ds", "es", "ss", "fs", "gs"];

    /// <summary>The registers of the processor that jumps.</summary>
    /// <param name="fiveLevel">Whether the old kernel runs with 5-level paging: it stays on.</param>
    /// <param name="entry">The handoff's entry.</param>
    public static IReadOnlyList<RegisterPromise> Registers(bool fiveLevel, PhysicalAddress entry) =>
    [
        .. Zeroed.Select(name => RegisterPromise.Exactly(name, 0, Cleared)),
        RegisterPromise.Nothing("rsp", "the end of the control page, 8 bytes used, up to 6.12; not documented"),
        RegisterPromise.Exactly("rip", entry.Value, "kexec_load(2), entry"),
        new("rflags", ~ArithmeticFlags, ReservedFlag, "arch/x86/kernel/relocate_kernel_64.S, relocate_kernel: popf of 0"),
        new(
            "cr0",
            ~(MonitorCoprocessor | NumericError),
            Paging | ExtensionType | ProtectionEnable,
            Copying + "PG, PE set, AM, WP, TS, EM cleared; CD and NW are clear since arch/x86/kernel/head_64.S"),
        RegisterPromise.Nothing("cr2", OldKernels),
        new("cr3", NotInCr3, 0, Copying + "the top table's address, without PCID and flags"),
        new(
            "cr4",
            ~MachineCheckEnable,
            PhysicalAddressExtension | (fiveLevel ? LinearAddress57 : 0),
            Copying + "PAE, and LA57 if it was on; a TDX guest keeps MCE"),
        RegisterPromise.Nothing("cr8", OldKernels),
        new("dr7", BreakpointEnables, 0, Leaving + "hw_breakpoint_disable"),
        RegisterPromise.Exactly("cs", KernelCode, "arch/x86/include/asm/segment.h, __KERNEL_CS: 64-bit code, never reloaded"),
        .. DataSegments.Select(name =>
            RegisterPromise.Exactly(name, KernelData, Leaving + "load_segments, __KERNEL_DS: flat, the base is 0")),
        RegisterPromise.Nothing("tr", OldKernels),
        RegisterPromise.Nothing("ldtr", OldKernels),
        RegisterPromise.Exactly("gdtr_limit", 0, Leaving + "an empty table: loading a selector faults"),
        RegisterPromise.Nothing("gdtr_base", "0, or in 5.10 the start of the direct mapping"),
        RegisterPromise.Exactly("idtr_limit", 0, Leaving + "an empty table: an exception or NMI resets the machine"),
        RegisterPromise.Nothing("idtr_base", "0, or in 5.10 the start of the direct mapping"),
        new(
            "efer",
            ~OtherExtendedFeatures,
            LongModeActive | LongModeEnable,
            "AMD64 manual volume 2, section 3.1.7: long mode; the rest is the old kernel's"),
        RegisterPromise.Exactly("fs_base", 0, Leaving + "load_segments"),
        RegisterPromise.Exactly("gs_base", 0, Leaving + "load_segments"),
        RegisterPromise.Nothing("kernel_gs_base", OldKernels),
        RegisterPromise.Nothing("pat", OldKernels),
        RegisterPromise.Nothing("mtrr_def_type", OldKernels),
        RegisterPromise.Nothing("apic_base", OldKernels),
    ];

    /// <summary>
    /// The page tables behind CR3. Beside the mapping one to one they map one page of the old kernel's virtual
    /// addresses, by tables that may lie in a segment and be overwritten: nobody may touch or rely on those addresses.
    /// </summary>
    /// <inheritdoc cref="Registers" path="/param[@name='fiveLevel']"/>
    public static PageTablePromise PageTables(bool fiveLevel) => new()
    {
        Levels = fiveLevel ? 5 : 4,
        MapsMemory = true,
        MapsSegments = true,
        IsWritable = true,
        IsExecutable = true,
        TablesAreOutsideSegments = true,
        Source = "arch/x86/kernel/machine_kexec_64.c, init_pgtable: pfn_mapped and the segments, __PAGE_KERNEL_LARGE_EXEC; "
            + "kernel/kexec_core.c, kimage_alloc_control_pages: outside of every segment",
    };
}
