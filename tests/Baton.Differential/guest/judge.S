/* The guest half of the differential judge: takes a batch of cases from memory that it shares with the host, runs each on
 * the emulated processor from exactly the state that the case gives, and writes down the state that came out of it.
 *
 * Between cases it is in 32-bit protected mode without paging. Each case is entered and left in one of three ways:
 *   0  real mode: flags by POPFD, stack by LSS, then a far jump; left through the interrupt vector table
 *   1  protected mode: by a task switch, which loads every register; left through task gates, which save every register
 *      and need no stack of the case
 *   2  long mode, 64-bit and compatibility: by IRETQ; left through gates with an interrupt stack (IST)
 * Behind each instruction and in the whole code area there is INT3: what completes ends there.
 * The layouts of the mailbox, of a case and of a result are those of GuestLayout.cs.
 */
#define MAILBOX 0x1800000
#define COMMAND (MAILBOX + 0)
#define DONE (MAILBOX + 4)
#define COUNT (MAILBOX + 8)
#define KIND (MAILBOX + 12)
#define CASES (MAILBOX + 16)
#define RESULTS (MAILBOX + 20)
#define CURRENT (MAILBOX + 24)
#define SET_BASES (MAILBOX + 28)
#define MODE_CR0 (MAILBOX + 32)
#define MODE_CR3 (MAILBOX + 36)
#define MODE_CR4 (MAILBOX + 40)
#define MODE_EFER (MAILBOX + 44)
#define FS_BASE (MAILBOX + 48)
#define GS_BASE (MAILBOX + 56)
#define REGION_COUNT (MAILBOX + 64)
#define REGIONS (MAILBOX + 72)
#define REFERENCE 0x200000

#define IN 0x1801000
#define OUT 0x1802000
#define RIP 128
#define FLAGS 136
#define CS_ 144
#define SS_ 148
#define DS_ 152
#define ES_ 156
#define FS_ 160
#define GS_ 164
#define CODE_ADDRESS 168
#define CODE_LENGTH 172
#define CODE_BYTES 176
#define PATCH_ADDRESS 192
#define PATCH_LENGTH 196
#define PATCH_BYTES 200
#define VECTOR 168
#define ERROR 172
#define CR2_ 176
#define OUT_FS_BASE 184
#define OUT_GS_BASE 192
#define OUT_CR0 200
#define OUT_CR3 208
#define OUT_CR4 216
#define OUT_EFER 224
#define CHANGE_COUNT 232
#define CHANGES 256
#define MAXIMUM_CHANGES 224

#define TASKS 0x1010000
#define TASK_SIZE 128
#define TASK(n) (TASKS + (n) * TASK_SIZE)
#define MAIN_TASK 32
#define CASE_TASK 33
#define LONG_TASK 34

#define CODE32 0x08
#define DATA32 0x10
#define CODE64 0x18
#define REAL_CODE 0xC8
#define REAL_DATA 0xD0
#define LONG_TASK_SELECTOR 0x100
#define MAIN_TASK_SELECTOR 0x110
#define CASE_TASK_SELECTOR 0x118
#define HANDLER_SELECTOR 0x120
#define REAL_BASE 0x70000
#define R(label) ((label) - real_start)

#define HAS_ERROR(v) ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21)

    .section .multiboot, "a"
    .align 4
    .long 0x1BADB002, 0, -0x1BADB002

    .text
    .code32
    .globl _start
_start:
    cli
    cld
    movl $stack_top, %esp
    lgdt gdt_pointer
    ljmp $CODE32, $1f
1:  call load_flat
    xorl %eax, %eax
    lldt %ax
    movb $0xFF, %al                 /* no interrupt of a device ever: cases run with IF set, too */
    outb %al, $0x21
    outb %al, $0xA1

    movl $real_start, %esi
    movl $REAL_BASE, %edi
    movl $(real_end - real_start), %ecx
    rep movsb

    movl $idt64, %edi               /* gates of long mode: their offsets are split, which no relocation can do */
    movl $stub64, %eax
    movl $32, %ecx
2:  movl %eax, %edx
    andl $0xFFFF, %edx
    orl $(CODE64 << 16), %edx
    movl %edx, (%edi)
    movl %eax, %edx
    andl $0xFFFF0000, %edx
    orl $0x8E01, %edx
    movl %edx, 4(%edi)
    movl $0, 8(%edi)
    movl $0, 12(%edi)
    addl $16, %edi
    addl $32, %eax
    loop 2b
    movl $0, COMMAND
    movl $0, DONE                   /* the host waits for this zero */

wait:
    rdtsc
    movl %edx, %ebx
idle:
    movl COMMAND, %eax
    cmpl DONE, %eax
    jne start_batch
    pause
    rdtsc                           /* a host that is gone for minutes does not come back: end by a triple fault */
    subl %ebx, %edx
    cmpl $128, %edx
    jb idle
    lidt no_idt_pointer
    int3

start_batch:
    movl $0, CURRENT
    movl MODE_CR3, %eax
    movl $TASKS, %edi
    movl $34, %ecx
1:  movl %eax, 0x1C(%edi)
    addl $TASK_SIZE, %edi
    loop 1b

next_case:
    movl CURRENT, %eax
    cmpl COUNT, %eax
    je end_batch
    shll $8, %eax
    addl CASES, %eax
    movl %eax, %esi
    movl $IN, %edi
    movl $64, %ecx
    rep movsl
    movl $(IN + CODE_BYTES), %esi
    movl IN + CODE_ADDRESS, %edi
    movl IN + CODE_LENGTH, %ecx
    rep movsb
    movl $(IN + PATCH_BYTES), %esi
    movl IN + PATCH_ADDRESS, %edi
    movl IN + PATCH_LENGTH, %ecx
    rep movsb
    movl $OUT, %edi
    movl $64, %ecx
    xorl %eax, %eax
    movl %eax, %cr2
    rep stosl
    cmpl $1, KIND
    jb enter16
    je enter32

    /* Long mode. */
    movl MODE_CR4, %eax
    movl %eax, %cr4
    movl MODE_CR3, %eax
    movl %eax, %cr3
    call set_efer
    movl MODE_CR0, %eax
    movl %eax, %cr0
    ljmp $CODE64, $enter64
    .code64
enter64:
    movl $idt64_pointer, %eax
    lidt (%rax)
    movl $(gdt + LONG_TASK_SELECTOR + 5), %eax
    movb $0x89, (%rax)
    movl $LONG_TASK_SELECTOR, %eax
    ltr %ax
    movl IN + DS_, %eax
    movl %eax, %ds
    movl IN + ES_, %eax
    movl %eax, %es
    movl IN + FS_, %eax
    movl %eax, %fs
    movl IN + GS_, %eax
    movl %eax, %gs
    cmpl $0, SET_BASES
    je 1f
    movl $0xC0000100, %ecx
    movl FS_BASE, %eax
    movl FS_BASE + 4, %edx
    wrmsr
    movl $0xC0000101, %ecx
    movl GS_BASE, %eax
    movl GS_BASE + 4, %edx
    wrmsr
1:  movl $0xC0000102, %ecx
    xorl %eax, %eax
    xorl %edx, %edx
    wrmsr
    movl $stack_top, %esp
    movl IN + SS_, %eax
    pushq %rax
    pushq IN + 32
    pushq IN + FLAGS
    movl IN + CS_, %eax
    pushq %rax
    pushq IN + RIP
    movq IN + 0, %rax
    movq IN + 8, %rcx
    movq IN + 16, %rdx
    movq IN + 24, %rbx
    movq IN + 40, %rbp
    movq IN + 48, %rsi
    movq IN + 56, %rdi
    movq IN + 64, %r8
    movq IN + 72, %r9
    movq IN + 80, %r10
    movq IN + 88, %r11
    movq IN + 96, %r12
    movq IN + 104, %r13
    movq IN + 112, %r14
    movq IN + 120, %r15
    iretq

    .align 32
stub64:
    .set v, 0
    .rept 32
    .align 32
    .if !HAS_ERROR(v)
    pushq $-1
    .endif
    pushq $v
    jmp leave64
    .set v, v + 1
    .endr

leave64:
    movq %rax, OUT + 0
    movq %rcx, OUT + 8
    movq %rdx, OUT + 16
    movq %rbx, OUT + 24
    movq %rbp, OUT + 40
    movq %rsi, OUT + 48
    movq %rdi, OUT + 56
    movq %r8, OUT + 64
    movq %r9, OUT + 72
    movq %r10, OUT + 80
    movq %r11, OUT + 88
    movq %r12, OUT + 96
    movq %r13, OUT + 104
    movq %r14, OUT + 112
    movq %r15, OUT + 120
    popq %rax
    movl %eax, OUT + VECTOR
    popq %rax
    movl %eax, OUT + ERROR
    popq OUT + RIP
    popq %rax
    movl %eax, OUT + CS_
    popq OUT + FLAGS
    popq OUT + 32
    popq %rax
    movl %eax, OUT + SS_
    movl %ds, %eax
    movl %eax, OUT + DS_
    movl %es, %eax
    movl %eax, OUT + ES_
    movl %fs, %eax
    movl %eax, OUT + FS_
    movl %gs, %eax
    movl %eax, OUT + GS_
    movl $0xC0000100, %ecx
    rdmsr
    movl %eax, OUT + OUT_FS_BASE
    movl %edx, OUT + OUT_FS_BASE + 4
    movl $0xC0000101, %ecx
    rdmsr
    movl %eax, OUT + OUT_GS_BASE
    movl %edx, OUT + OUT_GS_BASE + 4
    movq %cr2, %rax
    movq %rax, OUT + CR2_
    movq %cr0, %rax
    movq %rax, OUT + OUT_CR0
    movq %cr3, %rax
    movq %rax, OUT + OUT_CR3
    movq %cr4, %rax
    movq %rax, OUT + OUT_CR4
    movl $0xC0000080, %ecx
    rdmsr
    movl %eax, OUT + OUT_EFER
    movl $leave64_pointer, %eax
    ljmp *(%rax)
    .code32
leave64_flat:
    movl $0x11, %eax
    movl %eax, %cr0
    jmp end_case

    /* Protected mode. */
enter32:
    movl $TASK(CASE_TASK), %edi
    movl IN + RIP, %eax
    movl %eax, 0x20(%edi)
    movl IN + FLAGS, %eax
    movl %eax, 0x24(%edi)
    .set v, 0
    .rept 8
    movl IN + v * 8, %eax
    movl %eax, 0x28 + v * 4(%edi)
    .set v, v + 1
    .endr
    movl IN + ES_, %eax
    movl %eax, 0x48(%edi)
    movl IN + CS_, %eax
    movl %eax, 0x4C(%edi)
    movl IN + SS_, %eax
    movl %eax, 0x50(%edi)
    movl IN + DS_, %eax
    movl %eax, 0x54(%edi)
    movl IN + FS_, %eax
    movl %eax, 0x58(%edi)
    movl IN + GS_, %eax
    movl %eax, 0x5C(%edi)
    movl $(gdt + MAIN_TASK_SELECTOR + 5), %edi
    movl $34, %ecx
1:  movb $0x89, (%edi)
    addl $8, %edi
    loop 1b
    lidt idt32_pointer
    movl $MAIN_TASK_SELECTOR, %eax
    ltr %ax
    movl MODE_CR4, %eax
    movl %eax, %cr4
    movl MODE_CR3, %eax
    movl %eax, %cr3
    call set_efer
    movl MODE_CR0, %eax
    movl %eax, %cr0
    ljmp $CASE_TASK_SELECTOR, $0

    .align 32
stub32:
    .set v, 0
    .rept 32
    .align 32
    .if HAS_ERROR(v)
    popl OUT + ERROR
    .else
    movl $-1, OUT + ERROR
    .endif
    movl $v, OUT + VECTOR
    jmp leave32
    .set v, v + 1
    .endr

leave32:
    movl %cr2, %eax
    movl %eax, OUT + CR2_
    movl %cr0, %eax
    movl %eax, OUT + OUT_CR0
    movl %cr3, %eax
    movl %eax, OUT + OUT_CR3
    movl %cr4, %eax
    movl %eax, OUT + OUT_CR4
    movl $0xC0000080, %ecx
    rdmsr
    movl %eax, OUT + OUT_EFER
    movl $0x11, %eax
    movl %eax, %cr0
    movl $TASK(CASE_TASK), %edi
    movl 0x20(%edi), %eax
    movl %eax, OUT + RIP
    movl 0x24(%edi), %eax
    movl %eax, OUT + FLAGS
    .set v, 0
    .rept 8
    movl 0x28 + v * 4(%edi), %eax
    movl %eax, OUT + v * 8
    .set v, v + 1
    .endr
    movzwl 0x48(%edi), %eax
    movl %eax, OUT + ES_
    movzwl 0x4C(%edi), %eax
    movl %eax, OUT + CS_
    movzwl 0x50(%edi), %eax
    movl %eax, OUT + SS_
    movzwl 0x54(%edi), %eax
    movl %eax, OUT + DS_
    movzwl 0x58(%edi), %eax
    movl %eax, OUT + FS_
    movzwl 0x5C(%edi), %eax
    movl %eax, OUT + GS_
    jmp end_case

    /* Real mode. */
enter16:
    movl $IN, %esi
    movl $(REAL_BASE + R(real_in)), %edi
    movl $64, %ecx
    rep movsl
    movl IN + 32, %eax
    movl %eax, REAL_BASE + R(real_stack_pointer)
    movl IN + SS_, %eax
    movw %ax, REAL_BASE + R(real_stack_pointer) + 4
    movl IN + RIP, %eax
    movw %ax, REAL_BASE + R(real_entry)
    movl IN + CS_, %eax
    movw %ax, REAL_BASE + R(real_entry) + 2
    movl MODE_CR4, %eax
    movl %eax, %cr4
    movl MODE_CR3, %eax
    movl %eax, %cr3
    call set_efer
    lidt ivt_pointer
    ljmp $REAL_CODE, $R(enter_real)
leave16:
    movl $DATA32, %eax
    movl %eax, %ss
    movl $stack_top, %esp
    call load_flat
    movl $(REAL_BASE + R(real_out)), %esi
    movl $OUT, %edi
    movl $64, %ecx
    cld
    rep movsl
    movl $-1, OUT + ERROR
    jmp end_case_flat

end_case:
    movl $DATA32, %eax              /* what SS was may not have been a 32-bit stack */
    movl %eax, %ss
    movl $stack_top, %esp
    call load_flat
end_case_flat:
    movl $stack_top, %esp
    pushl $2                        /* real mode keeps NT, with which no IRETQ works */
    popfl
    cld
    movl IN + CODE_ADDRESS, %edi
    movl IN + CODE_LENGTH, %ecx
    movb $0xCC, %al
    rep stosb
    movl $0, OUT + CHANGE_COUNT
    movl REGION_COUNT, %ecx
    movl $REGIONS, %edx
region:
    movl (%edx), %esi
    movl 4(%edx), %ebp
    addl %esi, %ebp
    leal REFERENCE(%esi), %edi
1:  movl (%esi), %eax
    xorl (%edi), %eax
    .set v, 4
    .rept 7
    movl v(%esi), %ebx
    xorl v(%edi), %ebx
    orl %ebx, %eax
    .set v, v + 4
    .endr
    testl %eax, %eax
    jnz 3f
2:  addl $32, %esi
    addl $32, %edi
    cmpl %ebp, %esi
    jb 1b
    addl $8, %edx
    decl %ecx
    jnz region

    movl CURRENT, %edi
    shll $11, %edi
    addl RESULTS, %edi
    movl $OUT, %esi
    movl OUT + CHANGE_COUNT, %ecx
    leal 64(, %ecx, 2), %ecx
    rep movsl
    incl CURRENT
    jmp next_case

    /* Writes down what changed in these 32 bytes and restores them. */
3:  pushl %ecx
    movl $8, %ecx
4:  movl (%esi), %eax
    cmpl (%edi), %eax
    je 5f
    movl OUT + CHANGE_COUNT, %ebx
    cmpl $MAXIMUM_CHANGES, %ebx
    jae 6f
    movl %esi, OUT + CHANGES(, %ebx, 8)
    movl %eax, OUT + CHANGES + 4(, %ebx, 8)
    incl OUT + CHANGE_COUNT
7:  movl (%edi), %eax
    movl %eax, (%esi)
5:  addl $4, %esi
    addl $4, %edi
    loop 4b
    subl $32, %esi
    subl $32, %edi
    popl %ecx
    jmp 2b
6:  movl $1, OUT + CHANGE_COUNT + 4
    jmp 7b

end_batch:
    movl COMMAND, %eax
    movl %eax, DONE
    jmp wait

set_efer:
    movl $0xC0000080, %ecx
    movl MODE_EFER, %eax
    xorl %edx, %edx
    wrmsr
    ret

load_flat:
    movl $DATA32, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl %eax, %fs
    movl %eax, %gs
    ret

    /* What runs in real mode: copied to REAL_BASE, its labels are offsets in that segment. */
    .align 16
real_start:
    .code16
real_ivt:
    .set v, 0
    .rept 32
    .word R(stub16) + v * 16, REAL_BASE >> 4
    .set v, v + 1
    .endr
enter_real:
    movw $REAL_DATA, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw %ax, %fs
    movw %ax, %gs
    movl $0x10, %eax
    movl %eax, %cr0
    ljmp $(REAL_BASE >> 4), $R(1f)
1:  movw %cs, %ax
    movw %ax, %ss
    movl $R(real_stack_top), %esp
    movw %cs:R(real_in) + DS_, %ds
    movw %cs:R(real_in) + ES_, %es
    movw %cs:R(real_in) + FS_, %fs
    movw %cs:R(real_in) + GS_, %gs
    pushl %cs:R(real_in) + FLAGS
    popfl
    movl %cs:R(real_in) + 0, %eax
    movl %cs:R(real_in) + 8, %ecx
    movl %cs:R(real_in) + 16, %edx
    movl %cs:R(real_in) + 24, %ebx
    movl %cs:R(real_in) + 40, %ebp
    movl %cs:R(real_in) + 48, %esi
    movl %cs:R(real_in) + 56, %edi
    lssl %cs:R(real_stack_pointer), %esp
    ljmpw *%cs:R(real_entry)

    .align 16
stub16:
    .set v, 0
    .rept 32
    .align 16
    movl $v, %cs:R(real_out) + VECTOR
    jmp leave_real
    .set v, v + 1
    .endr

leave_real:
    movl %eax, %cs:R(real_out) + 0
    movl %ecx, %cs:R(real_out) + 8
    movl %edx, %cs:R(real_out) + 16
    movl %ebx, %cs:R(real_out) + 24
    movl %ebp, %cs:R(real_out) + 40
    movl %esi, %cs:R(real_out) + 48
    movl %edi, %cs:R(real_out) + 56
    movw %ds, %cs:R(real_out) + DS_
    movw %es, %cs:R(real_out) + ES_
    movw %ss, %cs:R(real_out) + SS_
    movw %fs, %cs:R(real_out) + FS_
    movw %gs, %cs:R(real_out) + GS_
    movw %sp, %bp
    movw (%bp), %ax
    movw %ax, %cs:R(real_out) + RIP
    movw 2(%bp), %ax
    movw %ax, %cs:R(real_out) + CS_
    movw 4(%bp), %ax
    movw %ax, %cs:R(real_out) + FLAGS
    addw $6, %bp
    movl %esp, %eax
    movw %bp, %ax
    movl %eax, %cs:R(real_out) + 32
    movw %cs, %ax
    movw %ax, %ss
    movl $R(real_stack_top), %esp
    pushfl
    popl %eax
    shrl $16, %eax
    movw %ax, %cs:R(real_out) + FLAGS + 2
    movl %cr0, %eax
    movl %eax, %cs:R(real_out) + OUT_CR0
    movl $0x11, %eax
    movl %eax, %cr0
    ljmpl $CODE32, $leave16

    .align 16
    /* On a page of its own: a write to a page of code makes the translator forget that code. */
    .skip 0x1000 - (. - real_start)
real_stack_pointer:
    .long 0, 0
real_entry:
    .long 0
    .align 16
real_in:
    .skip 256
real_out:
    .skip 256
    .skip 256
real_stack_top:
real_end:

    .data
    .align 16
gdt_pointer:
    .word gdt_end - gdt - 1
    .long gdt
    .long 0
    .align 16
idt64_pointer:
    .word 32 * 16 - 1
    .long idt64
    .long 0
    .align 16
idt32_pointer:
    .word 32 * 8 - 1
    .long idt32
    .align 16
ivt_pointer:
    .word 32 * 4 - 1
    .long REAL_BASE + R(real_ivt)
    .align 16
no_idt_pointer:
    .long 0, 0
leave64_pointer:
    .long leave64_flat
    .word CODE32

    .bss
    .align 16
idt64:
    .skip 512
    .skip 4096
stack_top:
    .skip 4096
interrupt_stack_top:

    .section .tasks, "aw"
    .set v, 0
    .rept 32
    .org v * TASK_SIZE
    .org v * TASK_SIZE + 0x20
    .long stub32 + v * 32, 2, 0, 0, 0, 0, stack_top, 0, 0, 0
    .long DATA32, CODE32, DATA32, DATA32, DATA32, DATA32, 0, 0x680000
    .set v, v + 1
    .endr
    .org MAIN_TASK * TASK_SIZE + 0x64
    .long 0x680000
    .org CASE_TASK * TASK_SIZE + 0x64
    .long 0x680000
    .org LONG_TASK * TASK_SIZE + 0x24
    .long interrupt_stack_top, 0
    .org LONG_TASK * TASK_SIZE + 0x64
    .long 0x680000
    .org 0x1800

#define DESCRIPTOR(base, limit, access, high) \
    .word (limit) & 0xFFFF, (base) & 0xFFFF; \
    .byte ((base) >> 16) & 0xFF, access, (high) << 4 | ((limit) >> 16), ((base) >> 24) & 0xFF

    .section .gdt, "aw"
gdt:
    .quad 0
    DESCRIPTOR(0, 0xFFFFF, 0x9B, 0xC)           /* 08 flat 32-bit code */
    DESCRIPTOR(0, 0xFFFFF, 0x93, 0xC)           /* 10 flat data */
    DESCRIPTOR(0, 0xFFFFF, 0x9B, 0xA)           /* 18 64-bit code */
    DESCRIPTOR(0x40000, 0xFFFF, 0x9B, 0)        /* 20 16-bit code */
    DESCRIPTOR(0x20000, 0xFFFF, 0x93, 0)        /* 28 16-bit data */
    DESCRIPTOR(0x30000, 0xFFFF, 0x93, 0)        /* 30 16-bit stack */
    DESCRIPTOR(0x1F800, 0xFFFFF, 0x93, 0xC)     /* 38 data with a base */
    DESCRIPTOR(0x2E000, 0xFFFFF, 0x93, 0xC)     /* 40 data with a base */
    DESCRIPTOR(0, 0xFFFFF, 0x92, 0xC)           /* 48 flat data, not accessed */
    DESCRIPTOR(0, 0xFFFFF, 0x91, 0xC)           /* 50 flat data, read-only */
    DESCRIPTOR(0, 0xFFFFF, 0x99, 0xC)           /* 58 flat code, execute-only */
    DESCRIPTOR(0, 0xFFFFF, 0x9F, 0xC)           /* 60 flat code, conforming */
    DESCRIPTOR(0, 0xFFFFF, 0x13, 0xC)           /* 68 flat data, not present */
    DESCRIPTOR(0, 0xFFFFF, 0xF3, 0xC)           /* 70 flat data of privilege 3 */
    DESCRIPTOR(0, 0xFFFFF, 0xFB, 0xC)           /* 78 flat code of privilege 3 */
    DESCRIPTOR(0, 0x00000, 0x97, 0xC)           /* 80 data that expands down */
    DESCRIPTOR(0x5000, 0x0007F, 0x82, 0)        /* 88 local descriptor table */
    .word 0x8000, CODE32, 0x8C00, 4             /* 90 call gate of the 80386 */
    .quad 0                                     /* 98 */
    DESCRIPTOR(0x5000, 0x0002B, 0x81, 0)        /* A0 task of the 80286 */
    DESCRIPTOR(0, 0xFFFFF, 0x80, 0xC)           /* A8 system type 0 */
    DESCRIPTOR(0x5000, 0x00067, 0x89, 0)        /* B0 task */
    .quad 0                                     /* B8 */
    DESCRIPTOR(0, 0xFFFFF, 0x9B, 0xE)           /* C0 code with both L and D */
    DESCRIPTOR(REAL_BASE, 0xFFFF, 0x9B, 0)      /* C8 the way to real mode */
    DESCRIPTOR(0, 0xFFFF, 0x93, 0)              /* D0 the way to real mode */
    DESCRIPTOR(0x40000, 0xFFFF, 0x9A, 0)        /* D8 16-bit code, not accessed */
    DESCRIPTOR(0, 0xFFFFF, 0x1B, 0xA)           /* E0 64-bit code, not present */
    DESCRIPTOR(0, 0xFFFFF, 0xFF, 0xC)           /* E8 conforming code of privilege 3 */
    DESCRIPTOR(0x20000, 0x00FFF, 0x93, 0x4)     /* F0 one page of data */
    DESCRIPTOR(0x20000, 0xFFFFF, 0x90, 0x4)     /* F8 a megabyte of data, read-only, not accessed */
    DESCRIPTOR(TASK(LONG_TASK), 0x67, 0x89, 0)  /* 100 the task of long mode */
    .quad 0
    DESCRIPTOR(TASK(MAIN_TASK), 0x67, 0x89, 0)
    DESCRIPTOR(TASK(CASE_TASK), 0x67, 0x89, 0)
    .set v, 0
    .rept 32
    DESCRIPTOR(TASK(v), 0x67, 0x89, 0)
    .set v, v + 1
    .endr
gdt_end:
    .org 0x400
idt32:
    .set v, 0
    .rept 32
    .word 0, HANDLER_SELECTOR + v * 8, 0xE500, 0    /* task gate, privilege 3 */
    .set v, v + 1
    .endr

    .section .note.GNU-stack, "", @progbits
