/*
 * What a FreeBSD kernel on arm64 does first, with what its loader has left: it takes modulep, its own place, the chain,
 * KERNEND, variables, symbols, the device tree and the memory map, and writes to the memory from KERNEND on by both of its
 * names. Whatever would not do for the kernel is told as a line "FREEBSD broken".
 */
#include "probe.h"

#define KERNBASE 0xffff000000000000UL
#define DIRECT 0xffff008000000000UL	/* all of physical memory */
#define LARGE_PAGE 0x200000UL
#define GIB 0x40000000UL
#define EL2 (2 << 2)
#define ALL_MASKED 0x3c0
#define MD_EFI_MAP (MODINFO_METADATA | 0x1001)
#define MD_DTBP (MODINFO_METADATA | 0x1002)
#define PL011 (DIRECT + 0x9000000UL)
#define TRANSMIT_FULL (1 << 5)
#define SYSTEM_OFF 0x84000008UL		/* PSCI */

const char version[] = "FreeBSD 13.0-PROBE #0 r1: Thu Jan  1 00:00:00 UTC 1970\n    baton@probe:/PROBE\n";
const char kern_ident[] = "PROBE";

/* What the kernel is as a module. */
struct record { int version, type; const void *data; const char *name; };
static const int kernel_version = 1200086;
static const struct record kernel_record = { 1, 3, &kernel_version, "kernel" };
static const void *const kernel_set __attribute__((section("set_modmetadata_set"), used)) = &kernel_record;

extern const u8 kernel_start[], kernel_data_end[], __bss_end[];

struct entry {
	u64 modulep, level, daif, sctlr, start, blocks, kernphys;
};

static u64 entry_level;

void put_character(char c)
{
	while (*(volatile u32 *)(PL011 + 0x18) & TRANSMIT_FULL)
		;
	*(volatile u32 *)PL011 = (u8)c;
}

static void __attribute__((noreturn)) leave(void)
{
	register u64 function __asm__("x0") = SYSTEM_OFF;
	if (entry_level == EL2)
		__asm__ volatile("smc #0" : "+r"(function));
	else
		__asm__ volatile("hvc #0" : "+r"(function));
	for (;;)
		__asm__ volatile("wfi");
}

void fault(u64 syndrome, u64 place, u64 address)
{
	tell_broken("a fault, ESR_EL1:", syndrome);
	tell_broken("a fault, ELR_EL1:", place);
	tell_broken("a fault, FAR_EL1:", address);
	leave();
}

static void check_entry(const struct entry *entry, u64 mapped)
{
	tell_number("modulep", entry->modulep);
	tell_number("level", entry->level);
	tell_number("daif", entry->daif);
	tell_number("sctlr", entry->sctlr);
	tell_number("start", entry->start);
	tell_number("kernphys", entry->kernphys);
	tell_number("mapped", mapped);
	if (entry->sctlr & 5)
		tell_broken("the MMU or the data cache is on, SCTLR", entry->sctlr);
	if (entry->daif != ALL_MASKED)
		tell_broken("interrupts are not masked, DAIF", entry->daif);
	if (entry->kernphys % LARGE_PAGE != 0)
		tell_broken("the kernel lies at no multiple of 2 MiB:", entry->kernphys);
	if (entry->kernphys / GIB != (entry->kernphys + mapped - 1) / GIB)
		tell_broken("more than one GiB block, up to", entry->kernphys + mapped);
	if (entry->modulep % 4096 != 0 || entry->modulep < (u64)__bss_end)
		tell_broken("modulep is no page behind the kernel", entry->modulep);
}

/* The kernel's first allocations: written by one name, read by the other. */
static void use_memory(u64 linear, u64 physical, u64 length)
{
	for (u64 at = 0; at < length; at += 4096)
		*(volatile u64 *)(linear + at) = physical + at;
	for (u64 at = 0; at < length; at += 4096)
		if (*(volatile u64 *)(DIRECT + physical + at) != physical + at)
			tell_broken("not the memory behind KERNEND at", physical + at);
	for (u64 at = 0; at < length; at += 8)
		*(u64 *)(linear + at) = 0x5a5a5a5a5a5a5a5aUL;
}

static void find_memory(const u8 *kernel, u64 start, u64 end)
{
	static struct memory memory;
	const u8 *map = find_record(kernel, MD_EFI_MAP), *dtbp = find_record(kernel, MD_DTBP);
	const u8 *tree = dtbp ? (const u8 *)record_number(dtbp) : 0;
	if (tree && tree_size(tree) > 0) {
		tell_text("FREEBSD tree ");
		tell_bytes(tree, tree_size(tree));
		tell_text("\n");
	}
	if (map)
		read_efi_map(&memory, map);
	else if (tree)
		read_tree_memory(&memory, tree);
	else
		tell_broken("neither EFI_MAP nor DTBP", 0);
	tell_memory(&memory);
	if (!is_memory(&memory, start, end))
		tell_broken("kernel and files are not in the map of memory", start);
}

/* FREEBSD system_table=SIGNATURE: the first 8 bytes, "IBI SYST". */
static void find_firmware(const u8 *kernel)
{
	const u8 *handle = find_record(kernel, MD_FW_HANDLE);
	if (handle)
		tell_number("system_table", *(const u64 *)(DIRECT + record_number(handle)));
}

void probe(const struct entry *entry)
{
	u64 mapped = entry->blocks * LARGE_PAGE;
	entry_level = entry->level;
	tell_text("\n");
	check_entry(entry, mapped);
	tell_number("kernel_length", (u64)(kernel_data_end - kernel_start));
	tell_number("kernel_checksum", checksum(kernel_start, (u64)(kernel_data_end - kernel_start)));

	struct chain chain = { (const u8 *)entry->modulep, 0 };
	const u8 *kernel = find_file(&chain, "elf kernel");
	const u8 *kernend = kernel ? find_record(kernel, MD_KERNEND) : 0;
	if (!kernend) {
		tell_broken("no file of the type \"elf kernel\" with KERNEND at", entry->modulep);
		leave();
	}
	u64 free = record_number(kernend);
	tell_number("kernend", free);
	if (free % 4096 != 0 || free <= entry->modulep || KERNBASE + mapped - free < 3 * 1024 * 1024UL)
		tell_broken("no room between KERNEND and the end of what is mapped", free);
	else
		use_memory(free, entry->kernphys + (free - KERNBASE), KERNBASE + mapped - free);

	tell_chain(&chain);
	tell_files(&chain);
	const u8 *block = find_record(kernel, MD_ENVP);
	if (block)
		tell_environment((const char *)record_number(block));
	const u8 *start = find_record(kernel, MD_SSYM), *end = find_record(kernel, MD_ESYM);
	if (start && end)
		tell_symbols((const u8 *)record_number(start), (const u8 *)record_number(end));
	find_memory(kernel, entry->kernphys, entry->kernphys + mapped);
	find_firmware(kernel);
	tell_done();
	leave();
}
