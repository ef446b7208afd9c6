/*
 * The device tree, as far as the kernel needs it for its memory: the first node called memory, its reg in the root's cells.
 * Big-endian throughout.
 */
#include "probe.h"

enum { BEGIN_NODE = 1, END_NODE, PROPERTY, NOP, END = 9 };

static u32 cell(const u8 *at)
{
	return (u32)at[0] << 24 | (u32)at[1] << 16 | (u32)at[2] << 8 | at[3];
}

static u64 cells(const u8 *at, u32 count)
{
	return count == 2 ? (u64)cell(at) << 32 | cell(at + 4) : cell(at);
}

static int is_memory_node(const char *name)
{
	static const char wanted[] = "memory";
	int i = 0;
	for (; wanted[i]; i++)
		if (name[i] != wanted[i])
			return 0;
	return name[i] == 0 || name[i] == '@';
}

u32 tree_size(const u8 *tree)
{
	if ((u64)tree % 8 != 0 || cell(tree) != 0xd00dfeed) {
		tell_broken("no device tree at DTBP", (u64)tree);
		return 0;
	}
	return cell(tree + 4);
}

void read_tree_memory(struct memory *memory, const u8 *tree)
{
	const u8 *at = tree + cell(tree + 8);
	const char *strings = (const char *)tree + cell(tree + 12);
	u32 address_cells = 2, size_cells = 1, found = 0;
	int depth = 0, is_here = 0;
	for (;;) {
		u32 token = cell(at);
		at += 4;
		if (token == BEGIN_NODE) {
			const char *name = (const char *)at;
			depth++;
			is_here = depth == 2 && !found && is_memory_node(name);
			found |= (u32)is_here;
			while (*at)
				at++;
			at += 4 - ((u64)at & 3);
		} else if (token == END_NODE) {
			depth--;
			is_here = 0;
		} else if (token == PROPERTY) {
			u32 length = cell(at);
			const char *name = strings + cell(at + 4);
			at += 8;
			if (depth == 1 && same_text(name, "#address-cells"))
				address_cells = cell(at);
			if (depth == 1 && same_text(name, "#size-cells"))
				size_cells = cell(at);
			if (is_here && same_text(name, "reg"))
				for (u32 i = 0; i + 4 * (address_cells + size_cells) <= length; i += 4 * (address_cells + size_cells))
					add_memory(memory, cells(at + i, address_cells), cells(at + i + 4 * address_cells, size_cells));
			at += (length + 3) & ~3U;
		} else if (token != NOP) {
			if (token != END)
				tell_broken("a device tree with the token", token);
			return;
		}
	}
}
