/*
 * The metadata chain, read as a 64-bit FreeBSD kernel reads it: type and size, the payload, padded to 8 bytes; a search
 * within a file ends at the next NAME; a memory map's length is the word in front of it.
 */
#include "probe.h"

static u32 word(const u8 *at)
{
	u32 value;
	__builtin_memcpy(&value, at, sizeof value);
	return value;
}

static u64 number(const u8 *at)
{
	u64 value;
	__builtin_memcpy(&value, at, sizeof value);
	return value;
}

static const u8 *next(const u8 *record)
{
	return record + ((8 + (u64)word(record + 4) + 7) & ~7UL);
}

static int is_end(const u8 *record)
{
	return word(record) == 0 && word(record + 4) == 0;
}

u32 record_size(const u8 *payload)
{
	return word(payload - 4);
}

u64 record_number(const u8 *payload)
{
	return record_size(payload) == 4 ? word(payload) : number(payload);
}

const u8 *find_file(const struct chain *chain, const char *type)
{
	const u8 *name = 0;
	for (const u8 *at = chain->start; !is_end(at); at = next(at)) {
		if (word(at) == MODINFO_NAME)
			name = at;
		if (word(at) == MODINFO_TYPE && same_text((const char *)at + 8, type))
			return name;
	}
	return 0;
}

const u8 *find_record(const u8 *file, u32 type)
{
	for (const u8 *at = file; !is_end(at); at = next(at)) {
		if (at != file && word(at) == MODINFO_NAME)
			break;
		if (word(at) == type)
			return at + 8;
	}
	return 0;
}

/* FREEBSD record TYPE PAYLOAD, both in hexadecimal. */
void tell_chain(const struct chain *chain)
{
	const u8 *at = chain->start;
	for (; !is_end(at); at = next(at)) {
		tell_text("FREEBSD record ");
		tell_hex(word(at));
		tell_text(" ");
		tell_bytes(at + 8, word(at + 4));
		tell_text("\n");
	}
	tell_number("chain_length", (u64)(at + 8 - chain->start));
}

/* FREEBSD section INDEX CHECKSUM: the sections of a module that its own section headers place, without the bss. */
static void tell_sections(const u8 *headers, u64 offset)
{
	for (u32 i = 0; i * 64 < record_size(headers); i++) {
		const u8 *header = headers + 64 * i;
		u64 address = number(header + 16), size = number(header + 32);
		if (address == 0)
			continue;
		tell_text("FREEBSD section ");
		tell_hex(i);
		tell_text(" ");
		tell_hex(checksum((const void *)(address + offset), size));
		tell_text("\n");
	}
}

/* FREEBSD file ADDRESS SIZE CHECKSUM for each file, in the chain's order, the address as the chain has it. */
void tell_files(const struct chain *chain)
{
	for (const u8 *at = chain->start; !is_end(at); at = next(at)) {
		if (word(at) != MODINFO_NAME)
			continue;
		const u8 *address = find_record(at, MODINFO_ADDR), *size = find_record(at, MODINFO_SIZE);
		const u8 *type = find_record(at, MODINFO_TYPE), *headers = find_record(at, MD_SHDR);
		if (!address || !size || !type) {
			tell_broken("a file without address, size or type", (u64)at);
			continue;
		}
		tell_text("FREEBSD file ");
		tell_hex(number(address));
		tell_text(" ");
		tell_hex(number(size));
		tell_text(" ");
		tell_hex(checksum((const void *)(number(address) + chain->offset), number(size)));
		tell_text("\n");
		if (headers && same_text((const char *)type, "elf obj module"))
			tell_sections(headers, chain->offset);
	}
}

/* FREEBSD env NAME=VALUE. */
void tell_environment(const char *block)
{
	while (*block) {
		tell_text("FREEBSD env ");
		tell_text(block);
		tell_text("\n");
		while (*block)
			block++;
		block++;
	}
}

/* FREEBSD symbols SIZE CHECKSUM SIZE CHECKSUM: the table and its names. */
void tell_symbols(const u8 *start, const u8 *end)
{
	u64 table = number(start);
	const u8 *names = start + 8 + table;
	tell_text("FREEBSD symbols ");
	tell_hex(table);
	tell_text(" ");
	tell_hex(checksum(start + 8, table));
	tell_text(" ");
	tell_hex(number(names));
	tell_text(" ");
	tell_hex(checksum(names + 8, number(names)));
	tell_text("\n");
	if (((u64)names + 8 + number(names) + 7) / 8 * 8 != (u64)end)
		tell_broken("the symbols do not end at ESYM", (u64)end);
}
