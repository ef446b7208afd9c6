/* The map of memory as the kernel makes it: only what is RAM, sorted, neighbours joined, overlaps left out. */
#include "probe.h"

void add_memory(struct memory *memory, u64 start, u64 length)
{
	int at = 0;
	if (length == 0)
		return;
	while (at < memory->count && memory->start[at] < start)
		at++;
	if ((at < memory->count && start + length > memory->start[at]) || (at > 0 && memory->end[at - 1] > start)) {
		tell_broken("memory that overlaps other memory", start);
		return;
	}
	if (at > 0 && memory->end[at - 1] == start) {
		memory->end[at - 1] += length;
		if (at < memory->count && memory->start[at] == memory->end[at - 1]) {
			memory->end[at - 1] = memory->end[at];
			memory->count--;
			for (; at < memory->count; at++) {
				memory->start[at] = memory->start[at + 1];
				memory->end[at] = memory->end[at + 1];
			}
		}
		return;
	}
	if (at < memory->count && start + length == memory->start[at]) {
		memory->start[at] = start;
		return;
	}
	if (memory->count == MOST_RANGES) {
		tell_broken("too many ranges of memory", start);
		return;
	}
	for (int i = memory->count++; i > at; i--) {
		memory->start[i] = memory->start[i - 1];
		memory->end[i] = memory->end[i - 1];
	}
	memory->start[at] = start;
	memory->end[at] = start + length;
}

void read_smap(struct memory *memory, const u8 *record)
{
	u32 size = record_size(record);
	if (size % 20 != 0)
		tell_broken("SMAP of no whole entries", size);
	for (u32 i = 0; i + 20 <= size; i += 20) {
		u64 base, length;
		u32 type;
		__builtin_memcpy(&base, record + i, 8);
		__builtin_memcpy(&length, record + i + 8, 8);
		__builtin_memcpy(&type, record + i + 16, 4);
		if (type == 1)
			add_memory(memory, base, length);
	}
}

void read_efi_map(struct memory *memory, const u8 *record)
{
	const u64 *header = (const u64 *)record;
	u64 size = header[0], stride = header[1];
	if ((u64)record % 8 != 0 || stride < 40 || size % stride != 0 || size + 32 > record_size(record)) {
		tell_broken("EFI_MAP of no whole descriptors", size);
		return;
	}
	for (u64 at = 0; at < size; at += stride) {
		const u8 *descriptor = record + 32 + at;
		u32 type;
		u64 start, pages;
		__builtin_memcpy(&type, descriptor, 4);
		__builtin_memcpy(&start, descriptor + 8, 8);
		__builtin_memcpy(&pages, descriptor + 24, 8);
		if ((type >= 1 && type <= 4) || type == 7)
			add_memory(memory, start, pages * 4096);
	}
}

/* FREEBSD ram START END. */
void tell_memory(const struct memory *memory)
{
	for (int i = 0; i < memory->count; i++) {
		tell_text("FREEBSD ram ");
		tell_hex(memory->start[i]);
		tell_text(" ");
		tell_hex(memory->end[i]);
		tell_text("\n");
	}
}

int is_memory(const struct memory *memory, u64 start, u64 end)
{
	for (int i = 0; i < memory->count; i++)
		if (start >= memory->start[i] && end <= memory->end[i])
			return 1;
	return 0;
}
