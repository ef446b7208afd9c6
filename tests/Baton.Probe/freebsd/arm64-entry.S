/*
 * What the boot loader enters: does what _start of a FreeBSD kernel does with the processor as it finds it. It drops to EL1,
 * takes its own place from the program counter, maps itself from KERNBASE to a little behind modulep with blocks of 2 MiB,
 * and goes on at its linked address. Its page tables lie in the bss, which it clears itself.
 */
#define KERNBASE 0xffff000000000000
#define PAGE 4096
#define BLOCK 0x200000
#define VALID_TABLE 3
#define VALID_BLOCK 0x701	/* AF, inner shareable, block */
#define NORMAL (2 << 2)
#define DEVICE (0 << 2)

/* By the program counter, wherever that is. */
	.macro	place register, symbol
	adrp	\register, \symbol
	add	\register, \register, :lo12:\symbol
	.endm

	.text
	.globl	_start
	.type	_start, %function
_start:
	mov	x19, x0			/* modulep */
	mrs	x20, currentel
	mrs	x21, daif
	mrs	x22, sctlr_el1
	adr	x23, _start
	lsr	x8, x20, #2
	cmp	x8, #2
	b.ne	at_el1
	mrs	x22, sctlr_el2
	mov	x8, #(1 << 31)		/* RW; E2H and TGE go */
	msr	hcr_el2, x8
	isb
	mov	x8, #0x33ff
	msr	cptr_el2, x8
	msr	hstr_el2, xzr
	msr	cntvoff_el2, xzr
	mov	x8, #0x0800
	movk	x8, #0x30d0, lsl #16
	msr	sctlr_el1, x8
	mov	x8, #0x3c5		/* EL1h, everything masked */
	msr	spsr_el2, x8
	adr	x8, at_el1
	msr	elr_el2, x8
	isb
	eret

at_el1:
	dsb	sy
	mrs	x8, sctlr_el1
	bic	x8, x8, #1
	msr	sctlr_el1, x8
	isb

	/* x29 = the physical address of KERNBASE */
	adr	x8, here
	ldr	x9, [x8]
	sub	x29, x8, x9
	mov	x10, #KERNBASE
	add	x29, x29, x10

	place	x8, tables
	place	x9, tables_end
1:	stp	xzr, xzr, [x8], #16
	cmp	x8, x9
	b.lo	1b

	/* blocks from KERNBASE on: (modulep - KERNBASE + 6 MiB - 1) / 2 MiB */
	sub	x11, x19, x10
	ldr	x12, =(3 * BLOCK - 1)
	add	x11, x11, x12
	lsr	x24, x11, #21
	place	x8, level2
	mov	x12, #(VALID_BLOCK | NORMAL)
	orr	x13, x29, x12
	mov	x14, x24
2:	str	x13, [x8], #8
	add	x13, x13, #BLOCK
	subs	x14, x14, #1
	b.ne	2b

	place	x8, level1
	place	x9, level2
	orr	x9, x9, #VALID_TABLE
	str	x9, [x8]
	place	x8, level0
	place	x9, level1
	orr	x9, x9, #VALID_TABLE
	str	x9, [x8]

	/* 512 GiB above that, all physical memory; below 1 GiB there are devices alone on this machine */
	place	x9, direct
	orr	x11, x9, #VALID_TABLE
	str	x11, [x8, #8]
	mov	x12, #(VALID_BLOCK | DEVICE)
	str	x12, [x9], #8
	mov	x12, #(VALID_BLOCK | NORMAL)
	mov	x13, #0x40000000
	mov	x15, x13
	mov	x14, #511
3:	orr	x11, x12, x13
	str	x11, [x9], #8
	add	x13, x13, x15
	subs	x14, x14, #1
	b.ne	3b

	/* one GiB to itself, around the tables: all that runs before the jump must lie in it */
	place	x8, level0
	lsr	x9, x8, #30
	lsl	x11, x9, #30
	orr	x11, x11, x12
	place	x13, low1
	and	x14, x9, #511
	str	x11, [x13, x14, lsl #3]
	orr	x11, x13, #VALID_TABLE
	place	x13, low0
	lsr	x14, x9, #9
	str	x11, [x13, x14, lsl #3]

	place	x8, low0
	msr	ttbr0_el1, x8
	place	x8, level0
	msr	ttbr1_el1, x8
	mov	x8, #0x4400		/* device, not cached, write back */
	movk	x8, #0xff, lsl #16
	msr	mair_el1, x8
	mrs	x9, id_aa64mmfr0_el1
	and	x9, x9, #7
	mov	x8, #0x3510		/* 48 bits, write back, inner shareable; below */
	movk	x8, #0xb510, lsl #16	/* and above, both with pages of 4 KiB */
	orr	x8, x8, x9, lsl #32
	msr	tcr_el1, x8
	dsb	sy
	tlbi	vmalle1
	ic	iallu
	dsb	sy
	isb
	mrs	x8, sctlr_el1
	mov	x9, #0x1005		/* M, C, I */
	orr	x8, x8, x9
	msr	sctlr_el1, x8
	isb
	ldr	x8, virtual
	br	x8

up:
	adr	x8, vectors
	msr	vbar_el1, x8
	isb
	place	x8, stack_end
	mov	sp, x8
	place	x8, __bss_start
	place	x9, tables
4:	cmp	x8, x9
	b.hs	5f
	str	xzr, [x8], #8
	b	4b
5:	sub	sp, sp, #64
	stp	x19, x20, [sp]
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	str	x29, [sp, #48]
	mov	x0, sp
	mov	x29, #0
	bl	probe
6:	wfi
	b	6b
	.size	_start, . - _start

	.balign	8
here:	.quad	here
virtual: .quad	up

	.balign	2048
vectors:
	.rept	16
	.balign	128
	mrs	x0, esr_el1
	mrs	x1, elr_el1
	mrs	x2, far_el1
	b	fault
	.endr

	.section .interp, "a", %progbits
	.asciz	"/red/herring"

	.section .tables, "aw", %nobits
	.balign	PAGE
tables:
level2:	.space	PAGE
level1:	.space	PAGE
level0:	.space	PAGE
direct:	.space	PAGE
low1:	.space	PAGE
low0:	.space	PAGE
	.balign	16
	.space	0x4000
stack_end:
tables_end:

	.section .note.GNU-stack, "", %progbits
