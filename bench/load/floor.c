/*
 * The floor: the least that a loader can do. Maps files and calls kexec_load(2) with the destinations that it is given.
 *
 *   floor ENTRY FILE@ADDRESS[+OFFSET][:MEMSZ]...     numbers in hexadecimal
 *
 * Bytes of FILE from OFFSET on go to ADDRESS; MEMSZ bytes are reserved there (default: the bytes, in whole pages).
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/kexec.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096UL

static struct kexec_segment segment_of(char *argument)
{
	char *at = strrchr(argument, '@');
	if (!at)
		errx(64, "%s: expected FILE@ADDRESS", argument);
	*at = 0;

	char *rest;
	unsigned long address = strtoul(at + 1, &rest, 16);
	unsigned long offset = *rest == '+' ? strtoul(rest + 1, &rest, 16) : 0;

	int file = open(argument, O_RDONLY);
	struct stat status;
	if (file < 0 || fstat(file, &status) < 0)
		err(66, "%s", argument);

	unsigned long size = status.st_size - offset;
	unsigned long memory = *rest == ':' ? strtoul(rest + 1, &rest, 16) : size;
	if (*rest)
		errx(64, "%s: not a number", rest);

	char *bytes = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	if (bytes == MAP_FAILED)
		err(71, "mmap %s", argument);
	close(file);

	struct kexec_segment segment = {
		.buf = bytes + offset,
		.bufsz = size,
		.mem = (void *)address,
		.memsz = (memory + PAGE - 1) & ~(PAGE - 1),
	};
	return segment;
}

int main(int argc, char **argv)
{
	struct kexec_segment segments[KEXEC_SEGMENT_MAX];
	int count = argc - 2;
	if (count < 1 || count > KEXEC_SEGMENT_MAX)
		errx(64, "usage: floor ENTRY FILE@ADDRESS[+OFFSET][:MEMSZ]...");

	for (int i = 0; i < count; i++)
		segments[i] = segment_of(argv[i + 2]);

	if (syscall(SYS_kexec_load, strtoul(argv[1], NULL, 16), count, segments, KEXEC_ARCH_DEFAULT) < 0)
		err(71, "kexec_load");
	return 0;
}
