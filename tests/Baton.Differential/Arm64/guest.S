// The guest of the differential judge: runs one instruction a case and writes down everything it can see.
// Freestanding, at EL1 or EL2 (-DLEVEL). Layout and protocol: GuestLayout.cs.
#define CONTROL 0x40100000
#define CTL_COMMAND 0
#define CTL_COUNT 8
#define CTL_INDEX 16
#define CTL_SCTLR 24
#define CTL_TCR 32
#define CTL_MAIR 40
#define CTL_TTBR0 48
#define CTL_TTBR1 56
#define CTL_READY 64
#define CTL_HCR 72
#define CASES 0x40200000
#define CASE_SIZE 1024
#define CODE 0x41000000
#define CODE_SIZE 0x80000
#define IN_SP 248
#define IN_SPSR 256
#define IN_START 264
#define IN_WORDS 272
#define IN_SLOT 280
#define OUT 512
#define OUT_SP 248
#define OUT_SPSR 256
#define OUT_ELR 264
#define OUT_ESR 272
#define OUT_FAR 280
#define FILLER 0xd4200aa0 // brk #0x55

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define R(name) JOIN(name##_EL, LEVEL)

	.text
	.globl _start
_start:
	ldr	x0, =vectors
	msr	R(VBAR), x0
	msr	daifset, #15
	msr	spsel, #1
	ldr	x0, =CONTROL
	ldr	x1, [x0, #CTL_MAIR]
	msr	R(MAIR), x1
	ldr	x1, [x0, #CTL_TCR]
	msr	R(TCR), x1
	ldr	x1, [x0, #CTL_TTBR0]
	msr	R(TTBR0), x1
#if LEVEL == 2
	ldr	x1, [x0, #CTL_HCR]
	msr	HCR_EL2, x1
	isb
#endif
	ldr	x1, [x0, #CTL_TTBR1]
	msr	R(TTBR1), x1
	isb
	ldr	x1, [x0, #CTL_SCTLR]
	msr	R(SCTLR), x1
	isb

	// Fill the code slots: whatever is not an instruction under test stops.
	ldr	x1, =CODE
	ldr	x2, =CODE_SIZE
	ldr	w3, =FILLER
1:	str	w3, [x1], #4
	subs	x2, x2, #4
	b.ne	1b
	mov	x1, #1
	str	x1, [x0, #CTL_READY]

wait:
	ldr	x0, =CONTROL
2:	ldr	x1, [x0, #CTL_COMMAND]
	cmp	x1, #1
	b.eq	batch
	mov	x2, #2000
3:	subs	x2, x2, #1
	b.ne	3b
	b	2b

batch:
	ldr	x1, [x0, #CTL_COUNT]
	ldr	x2, =CASES
4:	cbz	x1, 5f
	ldr	x3, [x2, #IN_SLOT]
	ldr	x4, [x2, #IN_WORDS]
	str	w4, [x3, #32]
	lsr	x4, x4, #32
	str	w4, [x3, #28]
	add	x2, x2, #CASE_SIZE
	sub	x1, x1, #1
	b	4b
5:	dsb	sy
	ic	iallu
	dsb	sy
	isb
	ldr	x0, =CONTROL
	str	xzr, [x0, #CTL_INDEX]

next:
	ldr	x0, =CONTROL
	ldr	x1, [x0, #CTL_INDEX]
	ldr	x2, [x0, #CTL_COUNT]
	cmp	x1, x2
	b.eq	finished
	ldr	x2, =CASES
	add	x0, x2, x1, lsl #10
	msr	TPIDR_EL1, x0
	msr	R(FAR), xzr
	ldr	x1, [x0, #IN_SP]
	mov	sp, x1
	ldr	x1, [x0, #IN_SPSR]
	msr	R(SPSR), x1
	ldr	x1, [x0, #IN_START]
	msr	R(ELR), x1
	ldp	x2, x3, [x0, #16]
	ldp	x4, x5, [x0, #32]
	ldp	x6, x7, [x0, #48]
	ldp	x8, x9, [x0, #64]
	ldp	x10, x11, [x0, #80]
	ldp	x12, x13, [x0, #96]
	ldp	x14, x15, [x0, #112]
	ldp	x16, x17, [x0, #128]
	ldp	x18, x19, [x0, #144]
	ldp	x20, x21, [x0, #160]
	ldp	x22, x23, [x0, #176]
	ldp	x24, x25, [x0, #192]
	ldp	x26, x27, [x0, #208]
	ldp	x28, x29, [x0, #224]
	ldr	x30, [x0, #240]
	ldp	x0, x1, [x0]
	eret

finished:
	mov	x1, #2
	str	x1, [x0, #CTL_COMMAND]
	b	wait

	.macro	vector
	.balign	128
	b	taken
	.endm

	.balign	2048
vectors:
	.rept	16
	vector
	.endr

	.balign	128
taken:
	msr	TPIDRRO_EL0, x0
	mrs	x0, TPIDR_EL1
	add	x0, x0, #OUT
	stp	x2, x3, [x0, #16]
	stp	x4, x5, [x0, #32]
	stp	x6, x7, [x0, #48]
	stp	x8, x9, [x0, #64]
	stp	x10, x11, [x0, #80]
	stp	x12, x13, [x0, #96]
	stp	x14, x15, [x0, #112]
	stp	x16, x17, [x0, #128]
	stp	x18, x19, [x0, #144]
	stp	x20, x21, [x0, #160]
	stp	x22, x23, [x0, #176]
	stp	x24, x25, [x0, #192]
	stp	x26, x27, [x0, #208]
	stp	x28, x29, [x0, #224]
	str	x30, [x0, #240]
	str	x1, [x0, #8]
	mrs	x1, TPIDRRO_EL0
	str	x1, [x0]
	mov	x1, sp
	str	x1, [x0, #OUT_SP]
	mrs	x1, R(SPSR)
	str	x1, [x0, #OUT_SPSR]
	mrs	x1, R(ELR)
	str	x1, [x0, #OUT_ELR]
	mrs	x1, R(ESR)
	str	x1, [x0, #OUT_ESR]
	mrs	x1, R(FAR)
	str	x1, [x0, #OUT_FAR]
	// PSTATE.PAN may be left set by the case.
	ldr	x0, =CONTROL
	ldr	x1, [x0, #CTL_INDEX]
	add	x1, x1, #1
	str	x1, [x0, #CTL_INDEX]
	b	next
	.ltorg
