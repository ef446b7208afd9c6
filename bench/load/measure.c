/*
 * Runs a command and prints what it cost, on one line:
 *
 *   measure NAME COMMAND...
 *   RESULT NAME status=0 ms=1234 peak_kib=270000 anon_kib=800 user_ms=10 sys_ms=1200
 *
 * peak_kib: by how much MemAvailable fell below its value at the start, at worst. anon_kib: the most anonymous memory
 * that the command had. Both are sampled, and once more when the command has ended but still exists.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_NS 5000000L

/* The number behind a key of a file of proc, in KiB; 0 where there is none. */
static long field(const char *path, const char *key)
{
	char text[8192];
	int file = open(path, O_RDONLY);
	if (file < 0)
		return 0;
	ssize_t size = read(file, text, sizeof text - 1);
	close(file);
	if (size < 0)
		return 0;
	text[size] = 0;
	char *at = strstr(text, key);
	return at ? strtol(at + strlen(key), NULL, 10) : 0;
}

static long available(void)
{
	return field("/proc/meminfo", "MemAvailable:");
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static double milliseconds(struct timeval time)
{
	return time.tv_sec * 1e3 + time.tv_usec / 1e3;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(64, "usage: measure NAME COMMAND...");

	long before = available();
	sigset_t ending;
	sigemptyset(&ending);
	sigaddset(&ending, SIGCHLD);
	sigprocmask(SIG_BLOCK, &ending, NULL);

	double start = now();
	pid_t child = fork();
	if (child < 0)
		err(71, "fork");
	if (child == 0) {
		sigprocmask(SIG_UNBLOCK, &ending, NULL);
		execvp(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}

	char status_file[64];
	snprintf(status_file, sizeof status_file, "/proc/%d/status", child);
	struct timespec interval = { 0, INTERVAL_NS };
	long least = before, anon = 0;
	siginfo_t ended = { 0 };
	while (1) {
		long free = available(), own = field(status_file, "RssAnon:");
		if (free < least)
			least = free;
		if (own > anon)
			anon = own;
		if (waitid(P_PID, child, &ended, WEXITED | WNOWAIT | WNOHANG) < 0)
			err(71, "waitid");
		if (ended.si_pid == child)
			break;
		sigtimedwait(&ending, NULL, &interval);
	}

	double stop = now();
	long free = available();
	if (free < least)
		least = free;

	int status;
	struct rusage usage;
	if (wait4(child, &status, 0, &usage) != child)
		err(71, "wait4");
	printf("RESULT %s status=%d ms=%.0f peak_kib=%ld anon_kib=%ld user_ms=%.0f sys_ms=%.0f\n", argv[1],
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), stop - start, before - least, anon,
	       milliseconds(usage.ru_utime), milliseconds(usage.ru_stime));
	return 0;
}
