/* Lines "ENTRY name=value" on the serial port, without a library: all that a blob writes. */
#ifndef REPORT_H
#define REPORT_H

/* One register as entry.S kept it; the assembler builds the table. */
struct kept {
    unsigned long value;
    const char *name;
};

extern struct kept state_start[], state_end[];
extern char entry[], image_end[];

/* Writes one character to the console of the machine. */
void put(char character);

/* Ends the machine. */
void stop(void) __attribute__((noreturn));

static inline void text(const char *string)
{
    while (*string)
        put(*string++);
}

static inline void number(unsigned long value)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        put("0123456789abcdef"[value >> shift & 15]);
}

static inline void begin(const char *name)
{
    text("ENTRY ");
    text(name);
    put('=');
}

static inline void line(const char *name, unsigned long value)
{
    begin(name);
    number(value);
    put('\n');
}

static inline void report_registers(const struct kept *start, const struct kept *end)
{
    for (const struct kept *kept = start; kept < end; kept++)
        line(kept->name, kept->value);
}

#endif
