/* The checksum of ProbeChecksum: FNV-1a over words of 8 bytes, then over the bytes that are left. */
#include "probe.h"

u64 checksum(const void *start, u64 length)
{
	const u8 *at = start;
	u64 sum = 0xcbf29ce484222325UL;
	for (; length >= sizeof(u64); at += sizeof(u64), length -= sizeof(u64)) {
		u64 word;
		__builtin_memcpy(&word, at, sizeof word);
		sum = (sum ^ word) * 0x100000001b3UL;
	}
	for (; length > 0; at++, length--)
		sum = (sum ^ *at) * 0x100000001b3UL;
	return sum;
}

int same_text(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* What gcc may call. */
void *memcpy(void *to, const void *from, u64 length)
{
	u8 *t = to;
	const u8 *f = from;
	while (length-- > 0)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int value, u64 length)
{
	u8 *t = to;
	while (length-- > 0)
		*t++ = (u8)value;
	return to;
}
