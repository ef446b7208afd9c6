/* The registers, and the reach of the page tables, of an x86-64 machine at the entry of a kexec image. */
#include "report.h"

#define PRESENT (1UL << 0)
#define WRITABLE (1UL << 1)
#define USER (1UL << 2)
#define LARGE (1UL << 7)
#define NO_EXECUTE (1UL << 63)
#define ADDRESS 0x000ffffffffff000UL
#define LA57 (1UL << 12)

/* A run of pages that follow each other in both spaces, alike in size and rights. */
struct run {
    unsigned long virtual_start, physical_start, length, page, rights;
};

static struct run run;

static void outb(unsigned short port, unsigned char value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static unsigned char inb(unsigned short port)
{
    unsigned char value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

void put(char character)
{
    while (!(inb(0x3fd) & 0x20))
        ;
    outb(0x3f8, character);
}

void stop(void)
{
    outb(0xf4, 0x10); /* isa-debug-exit: status 0x21 */
    for (;;)
        __asm__ volatile("cli; hlt");
}

static void end_run(void)
{
    if (run.length == 0)
        return;
    begin("map");
    number(run.virtual_start);
    put(' ');
    number(run.physical_start);
    put(' ');
    number(run.length);
    put(' ');
    number(run.page);
    text(run.rights & WRITABLE ? " w" : " -");
    text(run.rights & NO_EXECUTE ? "-" : "x");
    text(run.rights & USER ? "u\n" : "-\n");
    run.length = 0;
}

static void add_page(unsigned long virtual_address, unsigned long physical, unsigned long page, unsigned long rights)
{
    if (run.length == 0 || run.page != page || run.rights != rights
        || virtual_address != run.virtual_start + run.length || physical != run.physical_start + run.length) {
        end_run();
        run = (struct run){ virtual_address, physical, 0, page, rights };
    }
    run.length += page;
}

/* Rights narrow on the way down: writable and user when all levels say so, not executable when one does. */
static void walk(unsigned long table, int level, unsigned long base, unsigned long rights)
{
    const volatile unsigned long *entries = (const volatile unsigned long *)table;
    unsigned long size = 1UL << (12 + 9 * (level - 1));
    begin("table");
    number(table);
    put(' ');
    number(base);
    put('\n');
    for (unsigned long i = 0; i < 512; i++) {
        unsigned long found = entries[i];
        unsigned long address = base + i * size;
        unsigned long narrowed = (rights & found & (WRITABLE | USER)) | ((rights | found) & NO_EXECUTE);
        if (!(found & PRESENT))
            continue;
        if (level == 1 || (found & LARGE))
            add_page(address, found & ADDRESS & ~(size - 1), size, narrowed);
        else
            walk(found & ADDRESS, level - 1, address, narrowed);
    }
}

void report(void)
{
    unsigned long cr3, cr4;
    text("\n");
    report_registers(state_start, state_end);
    __asm__("mov %%cr3, %0" : "=r"(cr3));
    __asm__("mov %%cr4, %0" : "=r"(cr4));
    walk(cr3 & ADDRESS, cr4 & LA57 ? 5 : 4, 0, WRITABLE | USER);
    end_run();
    line("image_end", (unsigned long)image_end);
    text("ENTRY done\n");
}
