using System.Globalization;
using Baton.Memory;

namespace Baton.Proofs.EntryStates;

/// <summary>
/// What Linux 5.10 to 6.12 on arm64 leaves when it jumps to the entry of an image that kexec_load(2) has loaded, not a
/// crash kernel. It jumps at the exception level at which it was booted itself: a kernel that runs at EL1 and was booted
/// at EL2 goes back there. The MMU and the caches of that level are off, whatever its other registers say.
/// </summary>
public static class LinuxKexecArm64
{
    private const string Copying = "arch/arm64/kernel/relocate_kernel.S, arm64_relocate_new_kernel: ";
    private const string OldKernels = "what the old kernel had there";
    private const string Processors = "the processor's or its firmware's own";

    private const ulong AllMasked = 0x3C0; // D, A, I, F

    /// <summary>M, A, C, SA, I and EE: what both levels have and a program without MMU depends on.</summary>
    private const ulong SystemControl = 1 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 12 | 1 << 25;

    private const ulong Stage2Translation = 1 << 0; // HCR_EL2.VM
    private const ulong DefaultCacheability = 1 << 12; // HCR_EL2.DC
    private const ulong LowerLevelIs64Bit = 1UL << 31; // HCR_EL2.RW

    private static readonly string[] ProcessorsOwn =
        ["cntfrq_el0", "ctr_el0", "clidr_el1", "midr_el1", "mpidr_el1", "id_aa64mmfr0_el1"];

    /// <summary>The timers can be left running, their interrupts pending behind DAIF.</summary>
    private static readonly string[] Timers = ["cntp_ctl_el0", "cntv_ctl_el0"];

    private static readonly string[] OldKernelsAtEl1 =
    [
        "tcr_el1", "ttbr0_el1", "ttbr1_el1", "mair_el1", "vbar_el1", "cpacr_el1", "cntkctl_el1", "mdscr_el1",
    ];

    private static readonly string[] OldKernelsAtEl2 =
    [
        "tcr_el2", "ttbr0_el2", "mair_el2", "vbar_el2", "cptr_el2", "cnthctl_el2", "cntvoff_el2", "mdcr_el2", "vttbr_el2",
    ];

    /// <summary>
    /// The caches, after the kernel's source: 5.10 invalidates each destination page and copies with the MMU off; from
    /// 5.17 on it copies with the MMU on, and cleans and invalidates each page after it.
    /// </summary>
    public static CachePromise Caches { get; } = new()
    {
        SegmentsAreCleanToPointOfCoherency = true,
        InstructionCacheIsInvalidated = true,
        OtherMemoryIsClean = false,
        Source = Copying + "dc ivac or dc civac for each page, ic iallu at the end; "
            + "arch/arm64/kernel/machine_kexec.c, kexec_segment_flush for what is in place already",
    };

    /// <summary>The registers of the processor that jumps.</summary>
    /// <param name="exceptionLevel">The level at which the machine's firmware started the old kernel: 1 or 2.</param>
    /// <param name="entry">The handoff's entry.</param>
    /// <exception cref="ArgumentOutOfRangeException">The level is neither 1 nor 2.</exception>
    public static IReadOnlyList<RegisterPromise> Registers(int exceptionLevel, PhysicalAddress entry)
    {
        if (exceptionLevel is not (1 or 2))
        {
            throw new ArgumentOutOfRangeException(
                nameof(exceptionLevel), $"Linux is started at EL1 or EL2, not at EL{exceptionLevel}");
        }

        return [.. General(entry), .. State(exceptionLevel), .. exceptionLevel == 1 ? AtEl1() : AtEl2()];
    }

    private static IEnumerable<RegisterPromise> General(PhysicalAddress entry)
    {
        for (int i = 0; i <= 30; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"x{i}");
            yield return i switch
            {
                0 => RegisterPromise.Exactly(name, 0, Copying + "dtb_mem, which only kexec_file_load(2) sets"),
                <= 3 => RegisterPromise.Exactly(name, 0, Copying + "cleared, as Documentation/arch/arm64/booting.rst wants"),
                _ => RegisterPromise.Nothing(name, "what the copying left"),
            };
        }

        yield return RegisterPromise.Nothing("sp", "the old kernel's stack, by its virtual address, or SP_EL2");
        yield return RegisterPromise.Exactly("pc", entry.Value, "kexec_load(2), entry");
    }

    private static IEnumerable<RegisterPromise> State(int exceptionLevel) =>
    [
        RegisterPromise.Exactly(
            "currentel", (ulong)exceptionLevel << 2, "arch/arm64/kernel/hyp-stub.S and machine_kexec.c: the level of boot"),
        RegisterPromise.Exactly("daif", AllMasked, "arch/arm64/kernel/machine_kexec.c, machine_kexec: local_daif_mask"),
        RegisterPromise.Nothing("nzcv", "what the copying left"),
        RegisterPromise.Exactly("spsel", 1, "the kernel runs with the stack pointer of its level; an exception selects it too"),
        .. ProcessorsOwn.Select(name => RegisterPromise.Nothing(name, Processors)),
        .. Timers.Select(name => RegisterPromise.Nothing(name, OldKernels)),
    ];

    private static IEnumerable<RegisterPromise> AtEl1() =>
    [
        new(
            "sctlr_el1",
            SystemControl,
            0,
            "arch/arm64/kernel/cpu-reset.S (SCTLR_ELx_FLAGS cleared), from 5.17 on relocate_kernel.S, turn_off_mmu"),
        .. OldKernelsAtEl1.Select(name => RegisterPromise.Nothing(name, OldKernels)),
    ];

    /// <summary>With VHE the kernel ran at EL2 itself (HCR_EL2.E2H and TGE are set), without it above its own stub.</summary>
    private static IEnumerable<RegisterPromise> AtEl2() =>
    [
        new(
            "sctlr_el2",
            SystemControl,
            0,
            "arch/arm64/kernel/head.S; arch/arm64/kvm/hyp/nvhe/hyp-init.S, __kvm_handle_stub_hvc; with VHE as SCTLR_EL1"),
        new(
            "hcr_el2",
            Stage2Translation | DefaultCacheability | LowerLevelIs64Bit,
            LowerLevelIs64Bit,
            "arch/arm64/include/asm/kvm_arm.h, HCR_HOST_NVHE_FLAGS and HCR_HOST_VHE_FLAGS"),
        .. OldKernelsAtEl2.Select(name => RegisterPromise.Nothing(name, OldKernels)),
    ];
}
