/*
 * Runs a program on a kernel that, to that program, does not have a system call:
 *
 *   without-call NUMBER PROGRAM ARGUMENT...
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int count, char **words)
{
	if (count < 3)
		return 64;

	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, strtoul(words[1], NULL, 10), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog all = { sizeof filter / sizeof *filter, filter };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) == 0)
		execv(words[2], words + 2);
	perror(words[2]);
	return 127;
}
