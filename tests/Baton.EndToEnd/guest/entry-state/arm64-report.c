/* The registers of an arm64 machine (QEMU's virt) at the entry of a kexec image. */
#include "report.h"

extern struct kept state_el1_end[], state_el2_end[];

#define PL011 0x9000000UL
#define TRANSMIT_FULL (1 << 5)
#define SYSTEM_OFF 0x84000008UL /* PSCI */
#define EL2 (2 << 2)

void put(char character)
{
    while (*(volatile unsigned int *)(PL011 + 0x18) & TRANSMIT_FULL)
        ;
    *(volatile unsigned int *)PL011 = character;
}

static unsigned long exception_level(void)
{
    unsigned long level;
    __asm__("mrs %0, currentel" : "=r"(level));
    return level;
}

void stop(void)
{
    register unsigned long function __asm__("x0") = SYSTEM_OFF;
    if (exception_level() == EL2)
        __asm__ volatile("smc #0" : "+r"(function));
    else
        __asm__ volatile("hvc #0" : "+r"(function));
    for (;;)
        __asm__ volatile("wfi");
}

void report(void)
{
    text("\n");
    report_registers(state_start, state_end);
    if (exception_level() == EL2)
        report_registers(state_el1_end, state_el2_end);
    else
        report_registers(state_end, state_el1_end);
    line("image_end", (unsigned long)image_end);
    text("ENTRY done\n");
}
