/*
 * Arms many timers, one every 200 microseconds for the next 6 seconds, and stays behind with them:
 * interrupts come without end, also while the kernel takes the machine down.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define TIMERS 30000
#define APART 200000L

static int timers[TIMERS];

int main(void)
{
	struct rlimit files = { TIMERS + 16, TIMERS + 16 };
	struct itimerspec at = { 0 };
	setrlimit(RLIMIT_NOFILE, &files);
	for (int i = 0; i < TIMERS; i++) {
		timers[i] = timerfd_create(CLOCK_MONOTONIC, 0);
		if (timers[i] < 0) {
			perror("timerfd_create");
			return 1;
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &at.it_value);
	for (int i = 0; i < TIMERS; i++) {
		at.it_value.tv_nsec += APART;
		if (at.it_value.tv_nsec >= 1000000000L) {
			at.it_value.tv_nsec -= 1000000000L;
			at.it_value.tv_sec++;
		}
		timerfd_settime(timers[i], TFD_TIMER_ABSTIME, &at, NULL);
	}
	if (fork() == 0)
		pause();
	return 0;
}
