/*
 * What a FreeBSD kernel on amd64 does first, with what its loader has left: it takes modulep and physfree, its own place
 * (a relocatable one, from the page tables), the chain, variables, symbols and the memory map, and writes to the memory
 * behind physfree by both of its names. Whatever would not do for the kernel is told as a line "FREEBSD broken".
 */
#include "probe.h"

#define KERNBASE 0xffffffff80000000UL
#define KERNSTART (KERNBASE + LARGE_PAGE)
#define LARGE_PAGE 0x200000UL
#define FOUR_GIB 0x100000000UL
#define FRAME 0x000ffffffffff000UL
#define PRESENT 0x1UL
#define WRITE 0x2UL
#define LARGE 0x80UL
#define SLOP (16 * 1024 * 1024UL)
#define MD_SMAP (MODINFO_METADATA | 0x1001)
#define MD_EFI_MAP (MODINFO_METADATA | 0x1004)
#define SERIAL 0x3f8
#define DEBUG_EXIT 0xf4
#define EXIT_VALUE 0x2a
#define FAULT_VALUE 0x2b

const char version[] = "FreeBSD 12.0-PROBE #0 r1: Thu Jan  1 00:00:00 UTC 1970\n    baton@probe:/PROBE\n";
const char kern_ident[] = "PROBE";

/* What the kernel is as a module. */
struct record { int version, type; const void *data; const char *name; };
static const int kernel_version = 1200086;
static const struct record kernel_record = { 1, 3, &kernel_version, "kernel" };
static const void *const kernel_set __attribute__((section("set_modmetadata_set"), used)) = &kernel_record;

#ifdef RELOCATABLE
u64 kernphys;
#else
extern char kernphys[];		/* a number that the linker knows */
#endif

extern const u8 kernel_start[], kernel_data_end[], __bss_start[];
void take_over(const void *gdt, const void *idt);
void fault_entry(void);

struct entry {
	u64 modulep, kernend, rsp, rflags, bss, cs;
};

static void out(u16 port, u8 value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static u8 in(u16 port)
{
	u8 value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

void put_character(char c)
{
	for (int i = 0; i < 100000 && !(in(SERIAL + 5) & 0x20); i++)
		;
	out(SERIAL, (u8)c);
}

static void __attribute__((noreturn)) leave(u8 value)
{
	for (;;) {
		out(DEBUG_EXIT, value);
		__asm__ volatile("cli; hlt");
	}
}

void fault(const u64 *stack)
{
	u64 cr2;
	__asm__ volatile("movq %%cr2, %0" : "=r"(cr2));
	tell_broken("a fault, the stack's first word:", stack[0]);
	tell_broken("the second:", stack[1]);
	tell_broken("the address of a page fault:", cr2);
	leave(FAULT_VALUE);
}

static void set_up_descriptors(void)
{
	static const u64 gdt[3] = { 0, 0x0020980000000000UL, 0x0000920000000000UL };
	static u64 idt[2 * 32];
	static struct { u16 limit; u64 base; } __attribute__((packed)) gdtr, idtr;
	u64 handler = (u64)fault_entry;
	for (int i = 0; i < 32; i++) {
		idt[2 * i] = (handler & 0xffff) | 8UL << 16 | 0x8e00UL << 32 | (handler >> 16 & 0xffff) << 48;
		idt[2 * i + 1] = handler >> 32;
	}
	gdtr.limit = sizeof gdt - 1;
	gdtr.base = (u64)gdt;
	idtr.limit = sizeof idt - 1;
	idtr.base = (u64)idt;
	take_over(&gdtr, &idtr);
}

static void tell_processor(const struct entry *entry)
{
	u64 cr0, cr3, cr4;
	u32 low, high;
	__asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0xc0000080));
	tell_number("rsp", entry->rsp);
	tell_number("rflags", entry->rflags);
	tell_number("cs", entry->cs);
	tell_number("cr0", cr0);
	tell_number("cr3", cr3);
	tell_number("cr4", cr4);
	tell_number("efer", (u64)high << 32 | low);
	tell_number("modulep", entry->modulep);
	tell_number("kernend", entry->kernend);
	if (entry->bss != 0)
		tell_broken("bss that is not zero at", entry->bss);
	if (entry->rflags & 0x200)
		tell_broken("interrupts are on, RFLAGS", entry->rflags);
	if (cr4 & (1 << 12 | 1 << 17 | 1 << 7))
		tell_broken("5 levels, PCID or global pages, CR4", cr4);
}

/* Once interrupts are enabled they come, and the kernel has no handler for a vector that it has not given away. */
static void check_interrupts(void)
{
	u32 low, high;
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0x1b));
	u64 base = (u64)high << 32 | (low & 0xfffff000);
	if (!(low & 1 << 11) || low & 1 << 10 || base >= FOUR_GIB)
		return;
	for (u64 bank = 0; bank < 8; bank++) {
		u32 served = *(volatile u32 *)(base + 0x100 + 16 * bank), requested = *(volatile u32 *)(base + 0x200 + 16 * bank);
		if (served | requested)
			tell_broken("interrupts wait: vectors from, in service, requested", 32 * bank << 56 | (u64)served << 32 | requested);
	}
}

/* The kernel takes the physical addresses of tables for pointers. */
static const u64 *table(u64 physical)
{
	if (physical >= FOUR_GIB)
		tell_broken("a page table above 4 GiB", physical);
	return (const u64 *)physical;
}

/* The directory entry for an address; 0 when there is none. */
static u64 directory_entry(u64 linear)
{
	u64 entry;
	__asm__ volatile("movq %%cr3, %0" : "=r"(entry));
	for (int shift = 39; shift > 21; shift -= 9) {
		entry = table(entry & FRAME)[linear >> shift & 511];
		if ((entry & (PRESENT | WRITE | LARGE)) != (PRESENT | WRITE)) {
			tell_broken("no table for an address", linear);
			return 0;
		}
	}
	return table(entry & FRAME)[linear >> 21 & 511];
}

static u64 place_of_kernel(void)
{
	u64 entry = directory_entry(KERNSTART);
	if ((entry & (PRESENT | WRITE | LARGE)) != (PRESENT | WRITE | LARGE) || (entry & FRAME) % LARGE_PAGE != 0)
		tell_broken("the directory entry of KERNSTART is", entry);
	return entry & FRAME;
}

/* All from KERNSTART to an address must be one run of pages of 2 MiB; the lowest 4 GiB must be mapped to themselves. */
static void check_mappings(u64 physical, u64 end)
{
	for (u64 at = KERNSTART; at < end; at += LARGE_PAGE)
		if ((directory_entry(at) & (FRAME | LARGE)) != (physical + (at - KERNSTART) + LARGE))
			tell_broken("KERNBASE leads elsewhere at", at);
	for (u64 at = 0; at < FOUR_GIB; at += LARGE_PAGE)
		if ((directory_entry(at) & (FRAME | LARGE)) != (at | LARGE))
			tell_broken("not mapped to itself:", at);
	if (*(volatile u16 *)(KERNBASE + 0x472) != 0x1234)
		tell_broken("the BIOS's data area is elsewhere", *(volatile u16 *)(KERNBASE + 0x472));
}

/* The kernel's first allocations: written by one name, read by the other. */
static void use_memory(u64 linear, u64 physical, u64 length)
{
	for (u64 at = 0; at < length; at += 4096)
		*(volatile u64 *)(linear + at) = physical + at;
	for (u64 at = 0; at < length; at += 4096)
		if (*(volatile u64 *)(physical + at) != physical + at)
			tell_broken("not the memory behind physfree at", physical + at);
	u64 *to = (u64 *)physical, count = length / 8;
	__asm__ volatile("cld; rep stosq" : "+D"(to), "+c"(count) : "a"(0x5a5a5a5a5a5a5a5aUL) : "memory");
}

void probe(const struct entry *entry)
{
	/* Before anything is written: as the loader has left it. */
	u64 sum = checksum(kernel_start, (u64)(kernel_data_end - kernel_start));

	tell_text("\n");
	tell_text(version);
	tell_text("FREEBSD start=1\n");
	tell_processor(entry);
	set_up_descriptors();
	check_interrupts();
	tell_number("kernel_length", (u64)(kernel_data_end - kernel_start));
	tell_number("kernel_checksum", sum);

	u64 place = place_of_kernel();
#ifdef RELOCATABLE
	kernphys = place;
	u64 physical = entry->kernend + kernphys;
	u64 linear = physical - kernphys + KERNSTART;
#else
	if (place != (u64)kernphys)
		tell_broken("a kernel for 2 MiB lies at", place);
	u64 physical = entry->kernend;
	u64 linear = physical + KERNBASE;
#endif
	tell_number("kernphys", place);
	tell_number("physfree", physical);
	if ((entry->modulep | entry->kernend) % 4096 != 0 || entry->modulep >= entry->kernend)
		tell_broken("modulep is no page in front of kernend", entry->modulep);
	check_mappings(place, (linear + SLOP + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1));

	struct chain chain = { (const u8 *)(entry->modulep + KERNBASE), KERNBASE };
	const u8 *kernel = find_file(&chain, "elf kernel");
	if (!kernel) {
		tell_broken("no file of the type \"elf kernel\" at", entry->modulep);
		leave(EXIT_VALUE);
	}

	use_memory(linear, physical, SLOP);
	tell_chain(&chain);
	tell_files(&chain);
	const u8 *block = find_record(kernel, MD_ENVP);
	if (block)
		tell_environment((const char *)(record_number(block) + KERNBASE));
	const u8 *start = find_record(kernel, MD_SSYM), *end = find_record(kernel, MD_ESYM);
	if (start && end)
		tell_symbols((const u8 *)(record_number(start) + KERNBASE), (const u8 *)(record_number(end) + KERNBASE));

	struct memory memory = { 0 };
	const u8 *efi = find_record(kernel, MD_EFI_MAP), *smap = find_record(kernel, MD_SMAP);
	if (efi)
		read_efi_map(&memory, efi);
	else if (smap)
		read_smap(&memory, smap);
	else
		tell_broken("neither SMAP nor EFI_MAP", 0);
	tell_memory(&memory);
	if (!is_memory(&memory, place, place + LARGE_PAGE))
		tell_broken("the kernel is not in the map of memory", place);
	if (memory.count == 0 || memory.start[0] >= 0xa0000)
		tell_broken("no memory below 640 KiB for the other processors", memory.start[0]);
	tell_done();
	leave(EXIT_VALUE);
}
