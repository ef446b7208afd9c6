/* What the processor is at the entry of a kexec image on x86-64: kept before anything is changed. */
    .macro declare name
    .pushsection .rodata
text_\name:
    .asciz "\name"
    .popsection
    .pushsection .state, "aw"
kept_\name:
    .quad 0, text_\name
    .popsection
    .endm

    .macro keep name, register
    declare \name
    mov \register, kept_\name(%rip)
    .endm

    .macro keep_general name
    keep \name, %\name
    .endm

    /* Through RAX, whose own value is kept by now. */
    .macro keep_system name
    mov %\name, %rax
    keep \name, %rax
    .endm

    .macro keep_selector name
    xor %eax, %eax
    mov %\name, %eax
    keep \name, %rax
    .endm

    .macro keep_msr name, number
    mov $\number, %ecx
    rdmsr
    shl $32, %rdx
    or %rdx, %rax
    keep \name, %rax
    .endm

    .macro keep_table name, instruction
    \instruction table(%rip)
    movzwl table(%rip), %eax
    keep \name\()_limit, %rax
    mov table + 2(%rip), %rax
    keep \name\()_base, %rax
    .endm

    .section .entry, "ax"
    .globl entry
entry:
    .irp name, rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15
    keep_general \name
    .endr
    lea stack_end(%rip), %rsp
    pushf
    pop %rax
    keep rflags, %rax
    lea entry(%rip), %rax
    keep rip, %rax
    cld
    .irp name, cr0, cr2, cr3, cr4, cr8, dr7
    keep_system \name
    .endr
    .irp name, cs, ds, es, ss, fs, gs
    keep_selector \name
    .endr
    xor %eax, %eax
    str %eax
    keep tr, %rax
    xor %eax, %eax
    sldt %eax
    keep ldtr, %rax
    keep_table gdtr, sgdt
    keep_table idtr, sidt
    keep_msr efer, 0xc0000080
    keep_msr fs_base, 0xc0000100
    keep_msr gs_base, 0xc0000101
    keep_msr kernel_gs_base, 0xc0000102
    keep_msr pat, 0x277
    keep_msr mtrr_def_type, 0x2ff
    keep_msr apic_base, 0x1b
    call report
    call stop

    .bss
    .balign 16
table:
    .skip 16
stack:
    .skip 8192
stack_end:
    .section .note.GNU-stack, "", %progbits
