/* What the processor is at the entry of a kexec image on arm64: kept before anything else is changed. */
    /* A bank is the table of registers that exist at one exception level only. */
    .macro declare name, bank
    .pushsection .rodata
text_\name:
    .asciz "\name"
    .popsection
    .pushsection .state\bank, "aw"
kept_\name:
    .quad 0, text_\name
    .popsection
    .endm

    /* X0 is the pointer: its own value waits in TPIDR_EL0, which no protocol speaks of. */
    .macro keep name, register, bank
    declare \name, \bank
    adr x0, kept_\name
    str \register, [x0]
    .endm

    .macro keep_system name, bank
    mrs x1, \name
    keep \name, x1, \bank
    .endm

    .section .entry, "ax"
    .globl entry
entry:
    msr tpidr_el0, x0
    .irp number, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    keep x\number, x\number
    .endr
    mrs x1, tpidr_el0
    keep x0, x1
    mov x1, sp
    keep sp, x1
    adr x1, entry
    keep pc, x1
    .irp name, currentel, daif, nzcv, spsel, cntfrq_el0, ctr_el0, clidr_el1, midr_el1, mpidr_el1, id_aa64mmfr0_el1
    keep_system \name
    .endr
    .irp name, cntp_ctl_el0, cntv_ctl_el0
    keep_system \name
    .endr
    mrs x1, currentel
    cmp x1, #(2 << 2)
    b.eq at_el2
    .irp name, sctlr_el1, tcr_el1, ttbr0_el1, ttbr1_el1, mair_el1, vbar_el1, cpacr_el1, cntkctl_el1, mdscr_el1
    keep_system \name, .el1
    .endr
    b kept_all
at_el2:
    .irp name, sctlr_el2, tcr_el2, ttbr0_el2, mair_el2, vbar_el2, hcr_el2, cptr_el2, cnthctl_el2, cntvoff_el2, mdcr_el2, vttbr_el2
    keep_system \name, .el2
    .endr
kept_all:
    /* The compiler keeps off the vector registers, but the traps of the old kernel must not matter in any case. */
    adr x0, stack_end
    mov sp, x0
    bl report
    b stop

    .bss
    .balign 16
stack:
    .skip 8192
stack_end:
    .section .note.GNU-stack, "", %progbits
