/*
 * PID 1 of a guest of arm64: writes to the console what this kernel sees, file by file, and switches the machine off.
 * A line "WITNESS file PATH" begins a file; "WITNESS data OFFSET HEX" are bytes of it, where lines of zeros are left out;
 * "WITNESS size SIZE FNV-1a" ends it. The console may wrap lines of its own around these, never into them.
 */
#include <fcntl.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define LINE 64

static const char *const files[] = {
    "/proc/cmdline", "/proc/cpuinfo", "/proc/iomem", "/proc/meminfo", "/proc/version", "/proc/sys/kernel/arch",
    "/proc/sys/kernel/osrelease", "/sys/firmware/fdt", "/sys/kernel/kexec_loaded", "/sys/devices/system/cpu/online",
};

static void tell(const char *path, int with_data)
{
    static const unsigned char zeros[LINE];
    unsigned char line[LINE];
    unsigned long long sum = 0xcbf29ce484222325ULL;
    unsigned long offset = 0;
    size_t length;
    FILE *file = fopen(path, "r");
    if (!file)
        return;
    printf("WITNESS file %s\n", path);
    while ((length = fread(line, 1, LINE, file)) > 0) {
        for (size_t i = 0; i < length; i++)
            sum = (sum ^ line[i]) * 0x100000001b3ULL;
        if (with_data && memcmp(line, zeros, length)) {
            printf("WITNESS data %lx ", offset);
            for (size_t i = 0; i < length; i++)
                printf("%02x", line[i]);
            printf("\n");
        }
        offset += length;
    }
    printf("WITNESS size %lx %016llx\n", offset, sum);
    fclose(file);
}

int main(void)
{
    mkdir("/proc", 0555);
    mkdir("/sys", 0555);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        tell(files[i], 1);
    tell("/payload", 0);
    printf("WITNESS end\n");
    fflush(stdout);
    tcdrain(1);
    reboot(LINUX_REBOOT_CMD_POWER_OFF);
    return 1;
}
