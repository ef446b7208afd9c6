/*
 * What the boot loader enters: does what btext of a FreeBSD kernel does with the processor as it finds it, and notes
 * what it found. Until the bss has been seen to be zero nothing is written but the word of the BIOS's data area and, as
 * the kernel does, two words below the loader's stack pointer.
 */
	.text
	.globl	btext
	.type	btext, @function
btext:
	movw	$0x1234, 0x472
	pushfq
	popq	%r8
	pushq	$2
	popfq
	movq	%rsp, %r9
	movl	4(%rsp), %r10d		/* modulep */
	movl	8(%rsp), %r11d		/* kernend */

	movq	$__bss_start, %rdi
	movq	$__bss_end, %rcx
	subq	%rdi, %rcx
	shrq	$3, %rcx
	xorl	%eax, %eax
	repe scasq
	movl	$0, %ebx
	je	1f
	leaq	-8(%rdi), %rbx		/* the first word that is not zero */
1:
	movq	$bootstack, %rsp
	xorl	%ebp, %ebp
	subq	$64, %rsp
	movq	%r10, (%rsp)
	movq	%r11, 8(%rsp)
	movq	%r9, 16(%rsp)
	movq	%r8, 24(%rsp)
	movq	%rbx, 32(%rsp)
	movq	%cs, %rax
	movq	%rax, 40(%rsp)
	movq	%rsp, %rdi
	call	probe
2:	hlt
	jmp	2b
	.size	btext, . - btext

/* take_over(gdt, idt): the kernel's own descriptors, and CS by a far return, as hammer_time has it. */
	.globl	take_over
take_over:
	lgdt	(%rdi)
	lidt	(%rsi)
	movl	$0x10, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%eax, %ss
	popq	%rax
	pushq	$8
	pushq	%rax
	lretq

/* Every gate: the vector is not told, the first three words of the stack are. */
	.globl	fault_entry
fault_entry:
	cld
	movq	%rsp, %rdi
	andq	$-16, %rsp
	call	fault

	.section .interp, "a", @progbits
	.asciz	"/red/herring"

	.bss
	.balign	16
	.space	0x2000
bootstack:

	.section .note.GNU-stack, "", @progbits
