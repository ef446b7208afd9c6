/*
 * PID 1 of a guest that measures what kexec leaves: loads /blob with kexec_load(2), one segment at DESTINATION which
 * is the entry too, and jumps. Nothing of Baton is in between.
 */
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define SEGMENT_SIZE (64 * 1024)

static char blob[SEGMENT_SIZE];

static int fail(const char *what)
{
    perror(what);
    reboot(LINUX_REBOOT_CMD_POWER_OFF);
    return 1;
}

/* The machine's memory, for the one who walks the page tables afterwards. */
static int report_memory(void)
{
    char line[256];
    FILE *iomem = fopen("/proc/iomem", "r");
    if (!iomem)
        return -1;
    while (fgets(line, sizeof line, iomem)) {
        unsigned long first, last;
        if (line[0] != ' ' && strstr(line, " : System RAM") && sscanf(line, "%lx-%lx", &first, &last) == 2)
            printf("ENTRY ram=%016lx %016lx\n", first, last + 1);
    }
    return fclose(iomem);
}

int main(void)
{
    struct utsname name;
    int file = open("/blob", O_RDONLY);
    long size = read(file, blob, sizeof blob);
    struct kexec_segment segment = { blob, sizeof blob, (void *)DESTINATION, SEGMENT_SIZE };
    if (size <= 0 || size == sizeof blob)
        return fail("/blob");
    if (mount("proc", "/proc", "proc", 0, NULL) || report_memory() || uname(&name))
        return fail("/proc/iomem");
    printf("ENTRY kernel=%s %s\n", name.release, name.machine);
    printf("ENTRY segment=%016lx %016lx\n", DESTINATION, DESTINATION + SEGMENT_SIZE);
    fflush(stdout);
    if (syscall(SYS_kexec_load, DESTINATION, 1UL, &segment, KEXEC_ARCH_DEFAULT))
        return fail("kexec_load");
    reboot(LINUX_REBOOT_CMD_KEXEC);
    return fail("reboot");
}
