/*
 * Two programs for bench/gather/cost.
 *
 *   observe time|peak COMMAND...
 *                             runs a command that may not come back. The kernel's log gets "OBSERVE start" and, if the command
 *                             comes back, "OBSERVE end"; with peak also how far MemAvailable has fallen below its
 *                             value at the start, whenever that is 1 MiB more than before: OBSERVE peak_kib=270000
 *   observe                   (as /init too) tells when this kernel's clock began, in nanoseconds of the time stamp
 *                             counter, which must count them (QEMU's -icount shift=0), and what the clock shows when
 *                             it writes to the kernel's log, whose stamps are another clock's:
 *                               OBSERVE origin=5123456789
 *                               [  1.234567] OBSERVE clock=1198765432
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define INTERVAL_NS 5000000L
#define STEP_KIB 1024

static long available(void)
{
	char text[2048];
	int file = open("/proc/meminfo", O_RDONLY);
	ssize_t size = read(file, text, sizeof text - 1);
	close(file);
	if (size < 0)
		return 0;
	text[size] = 0;
	char *at = strstr(text, "MemAvailable:");
	return at ? strtol(at + 13, NULL, 10) : 0;
}

static void note(const char *text)
{
	int log = open("/dev/kmsg", O_WRONLY);
	if (write(log, text, strlen(text)) < 0)
		perror("/dev/kmsg");
	close(log);
}

static int tell_origin(void)
{
	struct timespec up;
	clock_gettime(CLOCK_MONOTONIC_RAW, &up);
	unsigned long long ticks = __rdtsc();
	printf("\nOBSERVE origin=%lld\n", (long long)ticks - (up.tv_sec * 1000000000LL + up.tv_nsec));
	fflush(stdout);
	char text[64];
	clock_gettime(CLOCK_MONOTONIC_RAW, &up);
	snprintf(text, sizeof text, "<5>OBSERVE clock=%lld\n", up.tv_sec * 1000000000LL + up.tv_nsec);
	note(text);
	if (getpid() == 1) {
		sleep(1);
		reboot(RB_AUTOBOOT);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return tell_origin();
	long before = available(), told = 0;
	note("<5>OBSERVE start\n");
	pid_t child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}

	struct timespec interval = { 0, INTERVAL_NS };
	int status = 0;
	for (int ended = 0; !ended;) {
		ended = waitpid(child, &status, WNOHANG) == child;
		long fallen = before - available();
		if (argv[1][0] == 'p' && fallen >= told + STEP_KIB) {
			char text[64];
			told = fallen;
			snprintf(text, sizeof text, "<5>OBSERVE peak_kib=%ld\n", told);
			note(text);
		}
		if (!ended)
			nanosleep(&interval, NULL);
	}

	note("<5>OBSERVE end\n");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
