/*
 * Runs a program, and stops it behind each of its first TIMES calls of kexec_load(2) that load something:
 *
 *   at-kexec-load move TIMES PROGRAM ARGUMENT...   moves all of its pages that can be moved to the other NUMA node
 *   at-kexec-load kill 1 PROGRAM ARGUMENT...       kills it (SIGKILL)
 *
 * A seccomp filter has the kernel stop it there and nowhere else. Ends with the program's status, as a shell tells it.
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static void run(char **program, int may_go_on)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kexec_load, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog all = { sizeof filter / sizeof *filter, filter };
	char byte;

	if (read(may_go_on, &byte, 1) == 1 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) == 0)
		execv(program[0], program);
	perror(program[0]);
	_exit(127);
}

/* Pages lie on the first node to begin with, then on the second, and so on. */
static void move(pid_t process)
{
	static unsigned long from = 1, to = 2;
	unsigned long was = from;
	long left = syscall(SYS_migrate_pages, process, 8 * sizeof from, &from, &to);

	fprintf(stderr, "at-kexec-load: moved to node %d, %ld pages could not be\n", to == 2, left);
	from = to;
	to = was;
}

int main(int count, char **words)
{
	if (count < 4)
		return 64;

	int kills = strcmp(words[1], "kill") == 0, times = atoi(words[2]), go[2], status;
	if (pipe(go) != 0)
		return 71;

	pid_t process = fork();
	if (process == 0) {
		close(go[1]);
		run(words + 3, go[0]);
	}

	long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD;
	if (process < 0 || ptrace(PTRACE_SEIZE, process, 0, options) != 0 || write(go[1], "", 1) != 1) {
		perror("at-kexec-load");
		return 71;
	}

	for (;;) {
		pid_t thread = waitpid(-1, &status, __WALL);
		if (thread < 0)
			return 71;

		if (!WIFSTOPPED(status)) {
			if (thread == process)
				return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
			continue;
		}

		int event = status >> 16, signal = WSTOPSIG(status);
		if (event == PTRACE_EVENT_SECCOMP) {
			ptrace(PTRACE_SYSCALL, thread, 0, 0);
			continue;
		}

		if (signal == (SIGTRAP | 0x80)) {
			struct user_regs_struct at;
			ptrace(PTRACE_GETREGS, thread, 0, &at);
			if (at.rax == 0 && at.rsi > 0 && times > 0) {
				times--;
				if (kills)
					kill(process, SIGKILL);
				else
					move(process);
			}
		}

		ptrace(PTRACE_CONT, thread, 0, event != 0 || signal == (SIGTRAP | 0x80) ? 0 : signal);
	}
}
