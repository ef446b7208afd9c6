/*
 * Preloaded into kexec-tools: its kexec_load(2) is written to the file that KEXEC_RECORD names, and not carried out.
 * Little-endian 64-bit numbers: entry, flags, count; then for each segment mem, memsz, bufsz, checksum, kept, and
 * "kept" bytes of it. Long segments are kept in part; the checksum (FNV-1a over words of 8 bytes, then over the
 * bytes left) is of all.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/kexec.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEPT 65536UL

static uint64_t checksum(const unsigned char *bytes, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325, word;
	for (; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
		memcpy(&word, bytes, sizeof word);
		hash = (hash ^ word) * 0x100000001b3;
	}
	for (; size > 0; bytes++, size--)
		hash = (hash ^ *bytes) * 0x100000001b3;
	return hash;
}

static long record(uint64_t entry, uint64_t count, const struct kexec_segment *segments, uint64_t flags)
{
	FILE *file = fopen(getenv("KEXEC_RECORD"), "wb");
	if (!file)
		return -1;

	uint64_t head[] = { entry, flags, count };
	fwrite(head, sizeof head, 1, file);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t size = segments[i].bufsz, kept = size < KEPT ? size : KEPT;
		uint64_t about[] = {
			(uintptr_t)segments[i].mem, segments[i].memsz, size, checksum(segments[i].buf, size), kept,
		};
		fwrite(about, sizeof about, 1, file);
		fwrite(segments[i].buf, 1, kept, file);
	}
	return fclose(file) == 0 ? 0 : -1;
}

/* Called as every variadic function may be: with more arguments than the number needs. */
long syscall(long number, ...)
{
	long a[6];
	va_list list;
	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);

	if (number == SYS_kexec_load)
		return record(a[0], a[1], (const struct kexec_segment *)a[2], a[3]);

	long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
